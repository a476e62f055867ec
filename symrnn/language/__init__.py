"""How a cell is read and written: text to `Cell` and back. Imports algebra and model; lark is loaded when it is needed.

read.read_cell(text, file)      a text as a Cell, or a LanguageError with file, line and column
write.cell_text(cell)           a Cell as a text that reads as the same Cell
"""

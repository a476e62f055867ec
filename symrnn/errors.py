"""The exceptions of symrnn: one base, one class per kind of mistake. Nothing else lives here.

Every message says where, what was found, what was needed and what to do.
"""


class SymrnnError(ValueError):
    """Base of every error that symrnn raises for something its user can mend."""


class LanguageError(SymrnnError):
    """A cell or head text does not say what it has to say; the message carries file, line and column."""


class ShapeError(SymrnnError):
    """Two sizes that must agree do not."""


class RuleError(SymrnnError):
    """No differential rule, identity or lowering exists for a node; the message names the file to extend."""


class ProofError(SymrnnError):
    """A statement that has to be proved was not: an obligation is open or the two sides differ."""


class IRError(SymrnnError):
    """A program of the loop language breaks one of its invariants."""


class ArrayError(SymrnnError):
    """An array given to compiled code has the wrong shape, dtype or memory layout."""


class BuildError(SymrnnError):
    """Emitted code could not be compiled or loaded."""


class CompilerMissingError(BuildError):
    """No C compiler was found."""


class OutputError(SymrnnError):
    """A file could not be read or written; nothing half-written is left behind."""

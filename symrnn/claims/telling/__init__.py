"""How verdicts are told: the answers to a document, or about a function, as text, as a page and as data. Nothing is judged here.

words      what the answers are called          marking    where a statement and its repair differ
plain      the report of a terminal             page       one HTML file, the author's equations marked
record     JSON with stable names               function   the same for a function that computes gradients
told       a judgement that tells itself
"""

from symrnn.claims.telling.function import exit_status as exit_status_of_function
from symrnn.claims.telling.function import function_html, function_json
from symrnn.claims.telling.page import to_html
from symrnn.claims.telling.plain import WIDTH, Row, as_text, report
from symrnn.claims.telling.record import to_json
from symrnn.claims.telling.told import Told, told
from symrnn.claims.telling.words import exit_status

__all__ = [
    "WIDTH",
    "Row",
    "Told",
    "as_text",
    "exit_status",
    "exit_status_of_function",
    "function_html",
    "function_json",
    "report",
    "to_html",
    "to_json",
    "told",
]

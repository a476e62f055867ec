"""The command line of `symrnn prove`: arguments only. Nothing heavy is imported before it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from symrnn.options import Command, cell_argument, composed, composition


@click.command(cls=Command, short_help="Let the Coq kernel check the derivation.")
@cell_argument
@composition
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the certificate and the Coq library into this folder."
)
@click.option(
    "--timeout", default=60.0, show_default=True, type=click.FloatRange(1, 86400), help="Seconds of coqc at most."
)
@click.option("--coqchk", is_flag=True, help="Let coqchk, another program, read the compiled proof too.")
def prove(cell: str, out: Path | None, timeout: float, coqchk: bool, **options: Any) -> None:
    """Let the Coq kernel check the derivation: that every printed equation is the gradient, for all sizes and every T.

    Exit status: 0, CERTIFIED; 1, NOT CERTIFIED, the proof failed (that does not make the derivation wrong); 3, NOT CHECKED, there
    is no Coq; 4, NOT COVERED, the Coq library has no lemma for something in it; 2, the command was not understood.

    \b
    Examples:  symrnn prove gru
               symrnn prove lstm --layers 2 --out certificate
    """
    from symrnn import driver, proofs, report
    from symrnn.files import write_all

    derived = driver.derive(composed(cell, options))
    found = proofs.prove(derived, timeout, recheck=coqchk, say=lambda what: click.echo(what, err=True))
    paths: list[Path] = []
    if out is not None and found.certificate is not None:
        for folder, texts in proofs.files(found.certificate).items():
            paths += write_all(out / folder, texts)
    report.certificate(found, derived)
    for path in paths:
        click.echo(path)
    sys.exit(report.STATUSES[found.status])

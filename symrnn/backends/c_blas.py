"""C whose matrix products are those of a BLAS: which there are, and what such C includes, links and says of itself."""

from __future__ import annotations

from dataclasses import dataclass

GEMM = {"float64": "cblas_dgemm", "float32": "cblas_sgemm"}


@dataclass(frozen=True, slots=True)
class Blas:
    """A library of matrix products with the C interface of BLAS, whose integers are `int`.

    Fields:
        header: what is included. flags: how it is linked. remedy: what to install where either is missing.
    Source: Blackford et al., "An updated set of basic linear algebra subprograms", ACM Trans. Math. Softw. 28 (2002) 135-151
    """

    name: str
    header: str
    flags: tuple[str, ...]
    remedy: str

    @property
    def documentation(self) -> list[str]:
        """What the header says of it."""
        return [
            f"Matrix products are those of {self.name}: link with {' '.join(self.flags)}. No array may have more entries than an",
            "int counts. What it does with threads of its own, and with NaN times 0, is for it to say; and whether a row of",
            "a product is the same bits beside any other rows, as they are with another number of threads.",
        ]


BLAS = {
    "c-openblas": Blas(
        "OpenBLAS", "cblas.h", ("-lopenblas",), "install OpenBLAS with its headers (Debian: libopenblas-dev)"
    ),
    "c-mkl": Blas("Intel MKL", "mkl.h", ("-lmkl_rt",), "install Intel MKL with its headers (Debian: intel-mkl)"),
}

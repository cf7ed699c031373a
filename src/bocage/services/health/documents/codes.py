"""A code drawn on paper: squares, one a dark module, sharp at any size."""

import segno

from bocage.shell.paper import INK, Paper


def draw_code(paper: Paper, text: str, left_mm: float, top_mm: float, size_mm: float, error: str = "q") -> None:
    """Draw `text` as a QR code of `size_mm`."""
    matrix = tuple(segno.make(text, error=error, micro=False).matrix)
    module = size_mm / len(matrix)
    paper.set_fill_color(*INK)
    for row, bits in enumerate(matrix):
        for column, dark in enumerate(bits):
            if dark:
                # A hair wider than the module, so that no seam shows between neighbours.
                paper.rect(left_mm + column * module, top_mm + row * module, module + 0.02, module + 0.02, style="F")

"""Bars and squares of a label, as lengths of dark and light: exact at any size."""

from itertools import groupby

import numpy as np
import segno
import zxingcpp

from bocage.engines.parcels import write_elements


def gs1_bars(sscc: str) -> list[int]:
    """The widths of bar, gap, bar, ... of the GS1-128 symbol of an SSCC, in modules."""
    printed = write_elements({"00": sscc}, printed=True)
    return _widths(zxingcpp.create_barcode(printed, zxingcpp.Code128, gs1=True))


def s10_bars(s10: str) -> list[int]:
    """The widths of the Code 128 symbol of an S10 number, in modules (UPU standard S10, section 7)."""
    return _widths(zxingcpp.create_barcode(s10, zxingcpp.Code128))


def squares(text: str) -> tuple[tuple[bool, ...], ...]:
    """The rows of a QR code, True where it is dark."""
    return tuple(tuple(bool(bit) for bit in row) for row in segno.make(text, error="q", micro=False).matrix)


def _widths(barcode: zxingcpp.Barcode) -> list[int]:
    picture = np.asarray(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))
    return [sum(1 for _each in run) for _dark, run in groupby(picture[0] < 128)]

"""Code 128 (ISO/IEC 15417): the bars of a text of printable ASCII; pure."""

_START_B, _START_C, _TO_C, _TO_B, _STOP = 104, 105, 99, 100, 106
_RUN = 4  # so many digits and more are shorter in set C, two a symbol

# Widths of bar, space, bar, space, bar, space, by symbol value; the stop symbol has a last bar more.
_TABLE = """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231
    113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211
    212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131
    113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
    314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211
    241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141
    214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214
    211232 2331112
"""
_WIDTHS = tuple(_TABLE.split())


def symbols(text: str) -> list[int]:
    """The symbol values of a text: start, contents, check, stop; ValueError unless it is printable ASCII."""
    if not text or not all(" " <= character <= "~" for character in text):
        raise ValueError("Code 128: the text must be printable ASCII, one character or more")
    values: list[int] = []
    place, in_c = 0, False
    while place < len(text):
        run = _digits_from(text, place)
        if not in_c and run >= _RUN and run % 2 == 0:
            values.append(_TO_C if values else _START_C)
            in_c = True
        elif in_c and run < 2:
            values.append(_TO_B)
            in_c = False
        elif not values:
            values.append(_START_B)
        if in_c:
            values.append(int(text[place : place + 2]))
            place += 2
        else:
            values.append(ord(text[place]) - ord(" "))
            place += 1
    check = values[0] + sum(weight * value for weight, value in enumerate(values[1:], start=1))
    return [*values, check % 103, _STOP]


def modules(text: str) -> list[bool]:
    """The bars of a text from left to right, module by module; True is a bar. Without the quiet zones."""
    bars: list[bool] = []
    for symbol in symbols(text):
        for place, width in enumerate(_WIDTHS[symbol]):
            bars += [place % 2 == 0] * int(width)
    return bars


def _digits_from(text: str, place: int) -> int:
    count = 0
    while place + count < len(text) and text[place + count].isdigit():
        count += 1
    return count

"""Generate the tables and constants of the elementary functions (src/headrace/kernel/math_tables.cc).

    tools/math_tables.py            writes the file
    tools/math_tables.py --check    exits with 1 if the file is not what would be written

Everything is computed in rational and 420-digit decimal arithmetic and rounded once, so the output does not depend on
the machine. Standard library only. What each table is for is said in math_tables.h.
"""

import sys
from collections.abc import Callable
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src/headrace/kernel/math_tables.cc"

getcontext().prec = 420


def arctangent_of_inverse(n: int) -> Decimal:
    """arctan(1/n) by its Taylor series."""
    power = Decimal(1) / n
    total = power
    k = 1
    while abs(power) > Decimal(10) ** -415:
        power /= -n * n
        k += 2
        total += power / k
    return total


PI = 4 * (4 * arctangent_of_inverse(5) - arctangent_of_inverse(239))  # Machin's formula.
LN2 = Decimal(2).ln()


def sine(x: Decimal) -> Decimal:
    """sin(x) for 0 <= x <= pi/4 by its Taylor series."""
    term = x
    total = x
    k = 1
    while abs(term) > Decimal(10) ** -415:
        term *= -x * x / ((k + 1) * (k + 2))
        k += 2
        total += term
    return total


def exact(x: Decimal | Fraction | int) -> Fraction:
    return Fraction(x)


def round_to_bits(x: Fraction, bits: int) -> Fraction:
    """x rounded to `bits` significant bits, ties to even."""
    if x == 0:
        return x
    magnitude = abs(x)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** exponent > magnitude:
        exponent -= 1
    unit = Fraction(2) ** (exponent - bits + 1)
    return round(x / unit) * unit


def round_to_unit(x: Fraction, unit: Fraction) -> Fraction:
    return round(x / unit) * unit


def literal(x: Fraction) -> str:
    """x rounded to double, as a hexadecimal literal."""
    return (x.numerator / x.denominator).hex()


def split(x: Fraction, round_high: Callable[[Fraction], Fraction]) -> tuple[str, str]:
    high = round_high(x)
    return literal(high), literal(x - high)


def to_26_bits(x: Fraction) -> Fraction:
    return round_to_bits(x, 26)


def to_53_bits(x: Fraction) -> Fraction:
    return round_to_bits(x, 53)


def to_multiple_of_2_to_minus_42(x: Fraction) -> Fraction:
    return round_to_unit(x, Fraction(1, 2**42))


def exp_table() -> list[str]:
    rows: list[str] = []
    for j in range(128):
        high, low = split(exact((LN2 * j / 128).exp()) if j else Fraction(1), to_26_bits)
        rows.append(f"{{{high}, {low}}},")
    return rows


def from_bits(bits: int) -> Fraction:
    """The positive double with these bits, which is between 0.5 and 2."""
    return Fraction(2**52 + bits % 2**52) * Fraction(2) ** ((bits >> 52) - 1075)


def log_table() -> list[str]:
    rows: list[str] = []
    for i in range(128):
        low_edge = 0x3FE6900000000000 + (i << 45)
        high_edge = low_edge + (1 << 45)
        one = 0x3FF0000000000000
        if low_edge < one < high_edge:
            inverse = Fraction(1)
        else:
            inverse = round_to_bits(2 / (from_bits(low_edge) + from_bits(high_edge)), 20)
        log_c = -exact((Decimal(inverse.numerator) / Decimal(inverse.denominator)).ln())
        high, low = split(log_c, to_multiple_of_2_to_minus_42)
        rows.append(f"{{{literal(inverse)}, {high}, {low}}},")
    return rows


def sine_of_step(j: int) -> Fraction:
    """sin(j * pi / 64), with exact zeros, ones and symmetries."""
    if j >= 64:
        return -sine_of_step(j - 64)
    if j > 32:
        return sine_of_step(64 - j)
    if j == 0 or j == 32:
        return Fraction(j // 32)
    if j <= 16:
        return exact(sine(PI * j / 64))
    return exact((1 - sine(PI * (32 - j) / 64) ** 2).sqrt())


def sine_table() -> list[str]:
    rows: list[str] = []
    for j in range(128):
        high, low = split(sine_of_step(j), to_26_bits)
        rows.append(f"{{{high}, {low}}},")
    return rows


def steps_words() -> list[str]:
    """floor(64 / pi * 2^1216), in 21 words of 64 bits, least significant first."""
    value = int(Decimal(64) / PI * Decimal(2) ** 1216)
    return [f"0x{(value >> (64 * i)) & (2**64 - 1):016x}," for i in range(21)]


def constant(name: str, value: str) -> str:
    return f"const double {name} = {value};"


def table(kind: str, name: str, size: int, rows: list[str]) -> list[str]:
    return [f"const {kind} {name}[{size}] = {{", *(f"    {row}" for row in rows), "};", ""]


def generate() -> str:
    def to_34_bits(x: Fraction) -> Fraction:
        return round_to_bits(x, 34)

    step_high, step_low = split(exact(LN2 / 128), to_34_bits)
    ln2_high, ln2_low = split(exact(LN2), to_multiple_of_2_to_minus_42)
    log2_e_high, log2_e_low = split(exact(1 / LN2), to_53_bits)
    log10_e_high, log10_e_low = split(exact(1 / Decimal(10).ln()), to_53_bits)
    angle_high, angle_low = split(exact(PI / 64), to_53_bits)
    lines = [
        "// Written by tools/math_tables.py: change that, not this. Meaning: math_tables.h.",
        "",
        '#include "headrace/kernel/math_tables.h"',
        "",
        "// clang-format off",
        "namespace headrace {",
        "",
        constant("kExpStepInverse", literal(exact(128 / LN2))),
        constant("kExpStepHigh", step_high),
        constant("kExpStepLow", step_low),
        constant("kLn2High", ln2_high),
        constant("kLn2Low", ln2_low),
        constant("kLog2EHigh", log2_e_high),
        constant("kLog2ELow", log2_e_low),
        constant("kLog10EHigh", log10_e_high),
        constant("kLog10ELow", log10_e_low),
        constant("kAngleStepHigh", angle_high),
        constant("kAngleStepLow", angle_low),
        "",
        *table("SplitValue", "kExpTable", 128, exp_table()),
        *table("LogEntry", "kLogTable", 128, log_table()),
        *table("SplitValue", "kSineTable", 128, sine_table()),
        *table("uint64_t", "kStepsPerRadian", 21, steps_words()),
        "}  // namespace headrace",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    text = generate()
    if not arguments:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        print(f"{TARGET}: is not what tools/math_tables.py writes; run it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

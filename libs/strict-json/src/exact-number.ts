/** A decimal number in one spelling alone: `digits` × 10^`exponent`, without zeros at either end. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

const LITERAL = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

/**
 * Whether a number as JSON spells it has exactly the decimal value of what JavaScript writes for
 * it. `1.0` and `1e3` have; `0.1` has, since JavaScript writes `0.1` again; `9007199254740993`,
 * `1e400` and `1e-400` have not. Neither has `-0`, which JavaScript writes without its sign.
 */
export function isExactNumber(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  const given = decimalOf(literal);
  const kept = decimalOf(String(value));
  return given.digits === kept.digits && given.exponent === kept.exponent;
}

function decimalOf(literal: string): Decimal {
  const [, whole = '', fraction = '', power = '0'] = LITERAL.exec(literal) ?? [];
  const digits = `${whole}${fraction}`;
  const first = firstNonZero(digits);
  if (first === digits.length) return { digits: '', exponent: 0 };
  const end = endOfNonZero(digits);
  const exponent = Number(power) - fraction.length + (digits.length - end);
  return { digits: digits.slice(first, end), exponent };
}

function firstNonZero(digits: string): number {
  let index = 0;
  while (digits[index] === '0') index += 1;
  return index;
}

function endOfNonZero(digits: string): number {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return end;
}

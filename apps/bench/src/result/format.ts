/** Figures as people read them. */

import { bytes } from '@ccro/figures';
import { ratios } from './ratios.js';
import type { Cell, Column, Unit, Verdict, Yardstick } from './results.js';

/** A cell with its unit, and with its multiple of the yardstick where the column asks for it. */
export function cellText(cell: Cell, column: Column, yardstick: Yardstick): string {
  const text = figureText(cell, column.unit);
  const multiple =
    column.against === undefined
      ? undefined
      : ratios(cell, column.unit, yardstick)?.[column.against];
  return multiple === undefined ? text : `${text} (${rounded(multiple)}×)`;
}

export function figureText(cell: Cell, unit: Unit): string {
  if (cell === null || Number.isNaN(cell)) return '-';
  if (typeof cell === 'string') return cell;
  switch (unit) {
    case 'text':
    case 'count':
      return rounded(cell);
    case 'ms':
      return cell >= 10_000 ? `${rounded(cell / 1000)} s` : `${rounded(cell)} ms`;
    case 'µs':
      return `${rounded(cell)} µs`;
    case 'bytes':
      return bytes(cell);
    case 'per second':
      return `${rounded(cell)}/s`;
    case 'percent':
      return `${cell.toFixed(0)} %`;
    case 'times':
      return `${rounded(cell)}×`;
  }
}

export function columnTitle({ title, against }: Column): string {
  switch (against) {
    case undefined:
      return title;
    case 'redisRoundTrip':
      return `${title} (× Redis round trip)`;
    case 'signatureCheck':
      return `${title} (× signature check)`;
    case 'diskSync':
      return `${title} (× write to disk)`;
  }
}

export function verdictText({ what, measured, sense, limit, unit, met }: Verdict): string {
  const figures = `${figureText(measured, unit)}, ${sense} ${figureText(limit, unit)}`;
  return `${met ? 'met    ' : 'NOT MET'}  ${what}: ${figures}`;
}

/** Three significant digits, whole numbers from a hundred on. */
function rounded(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Where things are in the drawing, whose sides are `SIZE` units. */

export const SIZE = 400;
const CENTRE = SIZE / 2;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The place of node `id` of `n`: clockwise, node 0 on top. */
export function nodePlace(id: number, n: number): Point {
  const angle = (2 * Math.PI * id) / n - Math.PI / 2;
  const radius = CENTRE - 52;
  return { x: CENTRE + radius * Math.cos(angle), y: CENTRE + radius * Math.sin(angle) };
}

/** Clients are in the middle: replies go there. */
export const CLIENT_PLACE: Point = { x: CENTRE, y: CENTRE };

export function nodeRadius(n: number): number {
  return n <= 8 ? 26 : n <= 16 ? 19 : n <= 40 ? 10 : 5;
}

/** A store does not hold what was written to it. The message says what was found. */
export class Damage extends Error {
  constructor(found: string) {
    super(found);
    this.name = 'Damage';
  }
}

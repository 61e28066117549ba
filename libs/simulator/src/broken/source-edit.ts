/** A few words of one source file, and what to read instead. */
export interface SourceEdit {
  /** From the repository's root; the file built from it is meant as well. */
  readonly file: string;
  /** On one line, and spelt alike in TypeScript and in what is built from it. Occurs once. */
  readonly find: string;
  readonly replace: string;
}

/** An edit does not fit its file: the source was changed, and the edit has to follow. */
export class SourceEditError extends Error {
  constructor({ file, find }: SourceEdit, occurrences: number) {
    super(
      `${file} has ${occurrences} times instead of once: ${find}\n` +
        'The source has changed: correct the edit in libs/simulator/src/broken.',
    );
    this.name = 'SourceEditError';
  }
}

/** @throws SourceEditError unless every edit fits exactly once */
export function applyEdits(source: string, edits: readonly SourceEdit[]): string {
  return edits.reduce((text, edit) => {
    const parts = text.split(edit.find);
    if (parts.length !== 2) throw new SourceEditError(edit, parts.length - 1);
    return parts.join(edit.replace);
  }, source);
}

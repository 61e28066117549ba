/** What a report of Stryker says, sorted out for `npm run mutate`. */

/**
 * The mutants of a report that were tested: `{ file, mutator, original, replacement, start, end, key, survived }`.
 * `original` and `replacement` are source text with its white space made one space.
 */
export function readMutants(report) {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status))
      .map((mutant) => {
        const { start, end } = mutant.location;
        const original = plain(textAt(source, start, end));
        const replacement = plain(mutant.replacement ?? '');
        return {
          file,
          mutator: mutant.mutatorName,
          original,
          replacement,
          start,
          end,
          key: [file, start.line, start.column, end.line, end.column, replacement].join(' '),
          survived: mutant.status === 'Survived' || mutant.status === 'NoCoverage',
        };
      }),
  );
}

function textAt(source, start, end) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}

function plain(text) {
  return text.replace(/\s+/g, ' ').trim();
}

/** What Stryker is told to mutate this place alone: its reports count columns from 1, its options from 0. */
export function patternOfMutant({ file, start, end }) {
  return `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
}

/** The mutants of a first round, after those that survived it were tested again: what was not still survives. */
export function withSecondRound(mutants, again) {
  const killed = new Set(again.filter(({ survived }) => !survived).map(({ key }) => key));
  return mutants.map((mutant) => ({
    ...mutant,
    survived: mutant.survived && !killed.has(mutant.key),
  }));
}

/**
 * Splits survivors by the list of equivalent mutants, `[{ file, original, replacement, reason }]`. An entry counts
 * for each place in its file that reads the same. `stale` are entries whose mutant was tested and found.
 */
export function sortOut(mutants, equivalent) {
  for (const entry of equivalent) {
    if (!entry.reason) throw new Error(`equivalent-mutants.json: ${entry.file} gives no reason`);
  }
  const isSame = (mutant, entry) =>
    mutant.file === entry.file &&
    mutant.original === plain(entry.original) &&
    mutant.replacement === plain(entry.replacement);
  const survivors = mutants.filter(({ survived }) => survived);
  const explained = survivors.filter((one) => equivalent.some((entry) => isSame(one, entry)));
  const unexplained = survivors.filter((one) => !explained.includes(one));
  const stale = equivalent.filter((entry) => {
    const tested = mutants.filter((mutant) => isSame(mutant, entry));
    return tested.length > 0 && tested.every(({ survived }) => !survived);
  });
  const counted = mutants.length - explained.length;
  const score = counted === 0 ? 100 : (100 * (counted - unexplained.length)) / counted;
  return { explained, unexplained, stale, score };
}

/** A line a file: mutants, survivors, of these explained, score. */
export function scoreTable(mutants, explained) {
  const files = [...new Set(mutants.map(({ file }) => file))].sort((a, b) => (a < b ? -1 : 1));
  const width = Math.max(...files.map((file) => file.length), 4);
  const rows = files.map((file) => {
    const here = mutants.filter((mutant) => mutant.file === file);
    const survived = here.filter((mutant) => mutant.survived).length;
    const known = explained.filter((mutant) => mutant.file === file).length;
    const counted = here.length - known;
    const score = counted === 0 ? 100 : (100 * (here.length - survived)) / counted;
    return [file.padEnd(width), here.length, survived, known, `${score.toFixed(0)} %`];
  });
  return [['file'.padEnd(width), 'mutants', 'survived', 'explained', 'score'], ...rows]
    .map(([file, ...rest]) => [file, ...rest.map((cell) => String(cell).padStart(9))].join(' '))
    .join('\n');
}

/** Where a survivor is and what it changed, a line each. */
export function survivorLines(survivors) {
  return survivors.map(
    ({ file, start, original, replacement }) =>
      `${file}:${start.line}:${start.column}  ${shorten(original)}  ->  ${shorten(replacement)}`,
  );
}

function shorten(text) {
  return text.length > 90 ? `${text.slice(0, 87)}...` : text;
}

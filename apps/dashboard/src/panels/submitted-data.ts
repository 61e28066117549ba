/** What was typed as data, and what would be stored for it. */
interface SubmittedData {
  /** JSON text of the data, digit for digit as it was typed: the gateway refuses what it cannot keep. */
  readonly json: string;
  /** It is no JSON, so that the text itself is the data. */
  readonly isText: boolean;
  /** It is no JSON but begins like it: JSON was probably meant. */
  readonly isDoubtful: boolean;
}

const LIKE_JSON = /^\s*[{["]/;

/** Text that is JSON stands for what it says, other text for itself. */
export function submittedData(text: string): SubmittedData {
  try {
    JSON.parse(text);
    return { json: text, isText: false, isDoubtful: false };
  } catch {
    return { json: JSON.stringify(text), isText: true, isDoubtful: LIKE_JSON.test(text) };
  }
}

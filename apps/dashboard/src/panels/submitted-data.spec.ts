import { describe, expect, it } from 'vitest';
import { submittedData } from './submitted-data.js';

describe('what was typed', () => {
  it('H3: is doubtful when it begins like JSON and is none', () => {
    for (const text of ['{bad json', ' [1, 2', '"a', '{"a":1}}', "{'a': 1}"]) {
      const data = submittedData(text);
      expect(data).toMatchObject({ isText: true, isDoubtful: true });
      expect(JSON.parse(data.json)).toBe(text);
    }
  });

  it('is plain text otherwise, and JSON where it is JSON', () => {
    const plain = { json: '"very-important-data"', isText: true, isDoubtful: false };
    expect(submittedData('very-important-data')).toEqual(plain);
    expect(submittedData('{"a":1}')).toMatchObject({ isText: false, isDoubtful: false });
  });

  it('H3, sibling: is passed on digit for digit, not as the nearest number of the page', () => {
    for (const text of ['1e400', '9007199254740993', '{"a":1,"a":2}', '-0']) {
      expect(submittedData(text).json).toBe(text);
    }
  });
});

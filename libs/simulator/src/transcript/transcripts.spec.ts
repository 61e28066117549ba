/**
 * `UPDATE_TRANSCRIPTS=1 npm test -- libs/simulator/src/transcript` writes the transcripts anew;
 * `git diff` then shows what a change does to the protocol.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordScene } from './record-scene.js';
import { SCENES } from './scenes.js';

const DIRECTORY = new URL('../../transcripts/', import.meta.url);
const updates = process.env.UPDATE_TRANSCRIPTS === '1';

describe('transcripts', () => {
  it.each(SCENES)('$name', async (scene) => {
    const file = new URL(`${scene.name}.txt`, DIRECTORY);
    const text = await recordScene(scene);
    if (updates) {
      mkdirSync(DIRECTORY, { recursive: true });
      writeFileSync(file, text);
    }
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('there is one for each scene, and no other', () => {
    const files = SCENES.map(({ name }) => `${name}.txt`).sort();
    expect(readdirSync(DIRECTORY).sort()).toEqual(files);
  });
});

import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { benchmarksPage } from './docs-file.js';
import { scenarioText } from './format.js';
import { resultsCsv, resultsJson } from './result-files.js';
import { SAMPLE_RESULTS } from './results.testkit.js';
import { resultsSchema } from './results.js';

describe('results', () => {
  it('are the same when they are read again', () => {
    expect(resultsSchema.parse(JSON.parse(resultsJson(SAMPLE_RESULTS)))).toEqual(SAMPLE_RESULTS);
  });

  it('have one line a figure, with its multiples of the yardstick', () => {
    expect(resultsCsv(SAMPLE_RESULTS).trimEnd().split('\n')).toEqual([
      'scenario,row,case,figure,value,unit,redis_round_trips,signature_checks,disk_syncs',
      'scale,0,mode=ccro n=4,time,3,ms,15,60,3',
      'scale,0,mode=ccro n=4,rate,5000,per second,1,4,0.2',
      'scale,0,mode=ccro n=4,oneRound,100,percent,,,',
      'scale,1,"mode=pbft, ""all"" n=7",time,4.123,ms,20.615,82.46,4.123',
      'scale,1,"mode=pbft, ""all"" n=7",rate,2500,per second,2,8,0.4',
    ]);
  });

  it('are a table with multiples, notes and whether the targets are met', () => {
    const [scale] = SAMPLE_RESULTS.scenarios;
    if (scale === undefined) throw new Error('the sample has a scenario');
    const text = stripVTControlCharacters(scenarioText(scale, SAMPLE_RESULTS.yardstick));
    expect(text).toMatch(/time \(× Redis round trip\)/);
    expect(text).toMatch(/│ ccro +│ 4 +│ 3 ms \(15×\) +│ 5000\/s +│ 100 % +│/);
    expect(text).toMatch(/4\.12 ms \(20\.6×\) +│ 2500\/s +│ - +│/);
    expect(text).toContain('- a note\nmet      time: 3 ms, at most 3.20 ms\nNOT MET  rate: 9/s');
  });

  it('are a page with the targets, every table, the charts and what others take', () => {
    const page = benchmarksPage([SAMPLE_RESULTS]);
    expect(page).toContain('- `npm run bench -- scale`, commit abc123, 2026-01-02, in 61 s:');
    expect(page).toContain('| time | 3 ms | at most 3.20 ms | yes |');
    expect(page).toContain('| rate | 9/s | at least 10/s | **no** |');
    expect(page).toContain('| ccro | 4 | 3 ms (15×) | 5000/s | 100 % |');
    expect(page).toContain('![Scale](benchmarks/scale.svg)');
    expect(page).toContain('171 s / too many open files');
  });

  it('of several runs are one page, the last of each scenario', () => {
    const [scale] = SAMPLE_RESULTS.scenarios;
    if (scale === undefined) throw new Error('the sample has a scenario');
    const other = { ...scale, name: 'other', title: 'Other' };
    const again = { ...scale, title: 'Scale again' };
    const first = { ...SAMPLE_RESULTS, scenarios: [scale, other] };
    const second = { ...SAMPLE_RESULTS, commit: 'def456', scenarios: [again] };
    const page = benchmarksPage([first, second]);
    expect(page.match(/^## .*$/gm)).toEqual([
      '## Targets',
      '## Scale again',
      '## Other',
      '## Others, for comparison',
    ]);
    expect(page.match(/commit \w+/g)).toEqual(['commit abc123', 'commit def456']);
    expect(benchmarksPage([second, SAMPLE_RESULTS])).not.toContain('def456');
  });
});

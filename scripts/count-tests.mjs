/**
 * `node scripts/count-tests.mjs <report> <exit code of the run>` prints "<passed> <failed>" for a
 * JSON report of vitest. A file that could not be loaded, a test that never ended (its process did), a run
 * that failed without a failed test (an unhandled error) and a run without any test each count as one
 * failure. What failed is named on standard error, each with the first line of why.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [file = '', exitCode = '1'] = process.argv.slice(2);
const report = readReport();
const { passed, failed } = count(report);
for (const line of failures(report)) console.error(line);
console.log(`${passed} ${failed === 0 && (exitCode !== '0' || passed === 0) ? 1 : failed}`);

function readReport() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}

function count(report) {
  const tests = report.testResults.flatMap((suite) => suite.assertionResults);
  const failedTests = tests.filter(hasFailed).length;
  const brokenFiles = report.testResults.filter(
    (suite) => suite.status === 'failed' && !suite.assertionResults.some(hasFailed),
  ).length;
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failedTests + brokenFiles,
  };
}

function failures(report) {
  return report.testResults.flatMap((suite) => {
    const file = relative(process.cwd(), suite.name);
    const tests = suite.assertionResults.filter(hasFailed);
    return tests.length === 0 && suite.status === 'failed'
      ? [`${file}: ${firstLine(suite.message)}`]
      : tests.map((test) => `${file} > ${test.fullName}: ${why(test)}`);
  });
}

function hasFailed({ status }) {
  return status === 'failed' || status === 'pending';
}

function why({ status, failureMessages }) {
  return status === 'pending' ? 'never ended' : firstLine(failureMessages?.[0]);
}

function firstLine(text) {
  return (text ?? '').split('\n', 1)[0].slice(0, 200);
}

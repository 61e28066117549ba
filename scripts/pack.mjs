/**
 * `npm run pack [-- --out DIRECTORY]`: makes npm packages of the libs that applications need, as
 * tarballs with JavaScript, type declarations, README and licence. These are the workspaces that are
 * not private.
 *
 * Files are put together in a temporary directory, never in libs/: a lib that can be loaded through
 * npm's link to it would be taken by `nest build` in place of its sources.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { npmCommand, prepareOrExit, ROOT } from './prepare.mjs';

const LIBS = join(ROOT, 'libs');
const ENTRIES = ['index.ts', 'browser.ts'];
const USAGE = `usage: npm run pack [-- options]

Makes tarballs of the packages that applications need, @ccro/client, @ccro/nest, @ccro/receipt,
@ccro/state-machine and what they stand on. An application installs them all together:

  npm install DIRECTORY/*.tgz

options:
  --out DIRECTORY   where they are put (dist/packages); tarballs of this version there are replaced
  --help            this text
`;

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        out: { type: 'string', default: join('dist', 'packages') },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** What is packed: folders below libs/ and what their package.json says. */
function packages() {
  return readdirSync(LIBS)
    .map((lib) => ({
      lib,
      manifest: JSON.parse(readFileSync(join(LIBS, lib, 'package.json'), 'utf8')),
    }))
    .filter(({ manifest }) => manifest.private !== true);
}

/** Compiles the libs, each into `dist` of its folder in `stage`. @throws for what does not compile */
async function compile(libs, stage) {
  // Installed by the time this runs, which is later than this file is loaded.
  const { default: ts } = await import('typescript');
  const settings = join(ROOT, 'tsconfig.json');
  const { config } = ts.parseConfigFileTextToJson(settings, readFileSync(settings, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT, {
    declaration: true,
    // Maps would lead to sources that are not in the package.
    sourceMap: false,
    rootDir: LIBS,
  });
  const entries = libs.flatMap((lib) => ENTRIES.map((entry) => join(LIBS, lib, 'src', entry)));
  const ambient = readdirSync(join(ROOT, 'types')).map((file) => join(ROOT, 'types', file));
  const program = ts.createProgram([...entries.filter(existsSync), ...ambient], options);
  program.emit(undefined, (file, text) => {
    const [lib, , ...path] = relative(options.outDir, file).split(/[\\/]/);
    write(join(stage, lib, 'dist', ...path), text);
  });
  const faults = ts.getPreEmitDiagnostics(program);
  if (faults.length === 0) return;
  const host = {
    getCurrentDirectory: () => ROOT,
    getCanonicalFileName: (file) => file,
    getNewLine: () => '\n',
  };
  throw new Error(ts.formatDiagnostics(faults, host));
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Adds to what was compiled what npm packs besides. */
function complete({ lib, manifest }, stage) {
  const { devDependencies: _notForUsers, ...shipped } = manifest;
  write(join(stage, lib, 'package.json'), `${JSON.stringify(shipped, null, 2)}\n`);
  copyFileSync(join(LIBS, lib, 'README.md'), join(stage, lib, 'README.md'));
  copyFileSync(join(ROOT, 'LICENSE'), join(stage, lib, 'LICENSE'));
}

/** @returns names of the tarballs */
function pack(folders, out) {
  const args = ['pack', ...folders, '--pack-destination', out, '--ignore-scripts', '--json'];
  const [command, commandArgs] = npmCommand(args);
  const printed = execFileSync(command, commandArgs, { cwd: ROOT, encoding: 'utf8' });
  // npm 11 lists them, later versions may give them by name.
  return Object.values(JSON.parse(printed)).map(({ filename }) => filename);
}

const { out: directory, help } = readOptions();
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
await prepareOrExit({ build: false });
const out = resolve(ROOT, directory);
const stage = mkdtempSync(join(tmpdir(), 'ccro-pack-'));
try {
  const found = packages();
  await compile(
    found.map(({ lib }) => lib),
    stage,
  );
  for (const one of found) complete(one, stage);
  mkdirSync(out, { recursive: true });
  const folders = found.map(({ lib }) => join(stage, lib));
  for (const tarball of pack(folders, out)) process.stdout.write(`${join(directory, tarball)}\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true, force: true });
}

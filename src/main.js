#!/usr/bin/env -S node --max-semi-space-size=4 --no-parallel-scavenge
// Plain JavaScript: Node's type stripping would be loaded for this file alone, and stay in memory (15 MB).
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const leastMajor = 26;
if (Number.parseInt(process.versions.node, 10) < leastMajor) {
  const found = `this is ${process.version} (${process.execPath})`;
  process.stderr.write(`alert-watcher needs Node.js ${String(leastMajor)} or later, and ${found}\n`);
  process.exit(1);
}
// Stripped and compiled code is kept between starts (about 200 ms and 25 MB less); where this can't be written, it is not.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)));
const { runProgram } = await import('./commands/program.ts');
await runProgram();

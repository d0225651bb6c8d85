import { readFileSync, writeFileSync } from 'node:fs';
import type { Cluster } from './cluster.ts';
import { answer } from './stand-in.ts';

/** Runs as a program: the cluster is in a file, as JSON. */
export function runProgram(file: string): void {
  const cluster = JSON.parse(readFileSync(file, 'utf8')) as Cluster;
  const { exitCode, stdout = '', stderr = '' } = answer(cluster, process.argv.slice(2));
  writeFileSync(file, JSON.stringify(cluster));
  process.stderr.write(stderr);
  process.stdout.write(stdout, () => process.exit(exitCode));
}

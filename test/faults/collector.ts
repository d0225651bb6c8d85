// A collector that misbehaves as the name of its pod says: `node collector.ts POD ATTEMPT`. What it writes where it does
// well is a real recording (the sample, its start changed, so that no two are alike).
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync, writeSync } from 'node:fs';

const [pod = '', attemptText = '1'] = process.argv.slice(2);
const attempt = Number(attemptText);
const [manner = 'ok'] = pod.split('-');

const sample = readFileSync(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));

function recording(): Buffer {
  const chunk = Buffer.from(sample);
  // The start of the chunk, in nanoseconds: the sample's, moved by less than a second.
  chunk.writeBigInt64BE(chunk.readBigInt64BE(32) + BigInt(randomBytes(3).readUIntBE(0, 3)), 32);
  return chunk;
}

const manners: Record<string, () => void> = {
  ok: () => writeFileSync('out.jfr', recording()),
  // Twice not, then well.
  flaky: () => {
    if (attempt <= 2) process.exit(1);
    writeFileSync('out.jfr', recording());
  },
  slow: () => void setTimeout(() => writeFileSync('out.jfr', recording()), 1_500),
  hang: () => {
    if (attempt === 1) setInterval(() => undefined, 1_000);
    else writeFileSync('out.jfr', recording());
  },
  flood: () => {
    const line = Buffer.alloc(1 << 20, 'x');
    for (let written = 0; written < 200; written += 1) writeSync(1, line);
    writeFileSync('out.jfr', recording());
  },
  children: () => {
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref();
    writeFileSync('out.jfr', recording());
    process.exit(0);
  },
  nothing: () => {
    if (attempt > 1) writeFileSync('out.jfr', recording());
  },
  cut: () => writeFileSync('out.jfr', attempt === 1 ? recording().subarray(0, 50_000) : recording()),
  // Says that it is through while the file is still being written.
  writing: () => {
    const whole = recording();
    if (attempt > 1) {
      writeFileSync('out.jfr', whole);
      return;
    }
    appendFileSync('out.jfr', whole.subarray(0, 100_000));
    return undefined;
  },
  never: () => process.exit(2),
};

(manners[manner] ?? manners['ok'])?.();

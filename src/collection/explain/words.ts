import type { Plan } from '../../events/data/plan.ts';
import type { Pod } from '../../events/subjects.ts';
import { clip, count, spanOf } from '../../kernel/explain/words.ts';

export function podName({ kubeContext, namespace, pod }: Pod): string {
  return `${kubeContext}/${namespace}/${pod}`;
}

export function alertName({ alertname, fingerprint }: { alertname?: string; fingerprint: string }): string {
  return `${clip(alertname ?? '(no alertname)')} ${clip(fingerprint)}`;
}

/** Nothing where `said` has this text already, but for the punctuation that it begins with: no sentence is told twice. */
export function unlessIn(said: string, text: string): string {
  return said.includes(text.replace(/^[;:,\s]+/, '')) ? '' : text;
}

/** A command line, to be read or pasted into a shell. */
export function commandLine(argv: readonly string[]): string {
  const isPlain = /^[\w@%+=:,./*…-]+$/;
  const words = argv.map((word) => (isPlain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return clip(words.join(' '), 2_500);
}

/** What a plan asks for: `hemako records 30 s, …`. */
export function planText(plan: Plan): string {
  const { collector, durationSeconds, maxAttempts, timeoutSeconds, cooldownSeconds, destination } = plan;
  const recording = `${clip(collector)} records ${spanOf(durationSeconds * 1_000)}`;
  const attempts = `up to ${count(maxAttempts, 'attempt')} of at most ${spanOf(timeoutSeconds * 1_000)}`;
  const cooldown =
    cooldownSeconds > 0 ? `then a cooldown of ${spanOf(cooldownSeconds * 1_000)}` : 'no cooldown';
  const place = destination.type === 's3' ? `s3://${clip(destination.bucket)}` : 'the object store';
  return `${recording}, ${attempts}, ${cooldown}, to ${place}`;
}

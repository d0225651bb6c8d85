import type { Lack } from '../../collection/able/lacks.ts';
import type { Rules } from '../../config/file.ts';
import { probeFiles } from './files.ts';
import { probeKubernetes } from './kubernetes.ts';
import { probeNats } from './nats.ts';
import { type NamedProbe, skipped } from './probe.ts';
import { probePrograms } from './programs.ts';
import { probeS3 } from './s3.ts';
import { probeUrls } from './urls.ts';

/** Everything that a configuration and the environment beside it name, to be tried. */
export function probesOf(rules: Rules, lacks: readonly Lack[]): NamedProbe[] {
  const { destination } = rules;
  return [
    ...probePrograms(rules, lacks),
    ...probeFiles(rules),
    ...probeKubernetes(rules),
    ...probeUrls(rules, process.env),
    destination.type === 's3' ? probeS3(destination) : objectStore,
    probeNats(process.env),
  ];
}

const objectStore: NamedProbe = {
  name: 'destination object-store',
  run: () => Promise.resolve(skipped('recordings are kept in NATS itself')),
};

import { eventTypes, filterOf, hasField, rowOf } from '../../events/catalogue.ts';
import { streamName } from '../../log/streams/definitions.ts';
import { edgeUsers, exportsAndEdge, header, imports } from './accounts-text.ts';
import { durableNames, type NatsUser, users } from './nats-users.ts';

/** What a user of NATS may publish, in groups; each begins with why. */
type Groups = Map<string, string[]>;

/**
 * The text of `deploy/nats/accounts.conf`. Who may publish which event follows from the catalogue's rows. `more` are users for parts
 * that run in processes of their own.
 */
export function accountsConf(more: readonly NatsUser[] = []): string {
  const all = [...durableNames, ...more.flatMap((user) => user.durables)];
  const told = eventsOf(['ingest']).filter((subject) => !subject.startsWith('aw.rejected.'));
  return [
    header,
    ...[...users, ...more].map((user) => userBlock(user, all)),
    exportsAndEdge,
    edgeUsers(quoted([...told, 'alert-watcher.ready']), quoted(lookUps), quoted(denyLists(all))),
    imports(told),
  ].join('\n');
}

/** The subjects of the events that parts of the service publish themselves. */
function eventsOf(parts: readonly string[], consumers: readonly string[] = []): string[] {
  return eventTypes
    .filter(
      (type) => rowOf(type).timer !== 'server' && rowOf(type).parts.some((part) => parts.includes(part)),
    )
    .flatMap((type) =>
      hasField(type, 'consumer')
        ? consumers.map((consumer) => filterOf(type, { consumer }))
        : [filterOf(type)],
    );
}

const lookUps = [
  `$JS.API.DIRECT.GET.${streamName}.aw.alert.*.*.*.*.*`,
  `$JS.API.DIRECT.GET.${streamName}.aw.source.*.*`,
  `$JS.API.DIRECT.GET.${streamName}.aw.schedule.source.*`,
];

function groupsOf(user: NatsUser): Groups {
  const groups: Groups = new Map();
  groups.set(user.about, [...eventsOf(user.parts, user.durables), ...user.timers]);
  if (user.readsTold) groups.set('It looks up what was told of alerts and sources.', lookUps);
  groups.set(
    'It takes the work of its durable consumers.',
    user.durables.flatMap((durable) => [
      `$JS.API.CONSUMER.MSG.NEXT.${streamName}.${durable}`,
      `$JS.ACK.${streamName}.${durable}.>`,
    ]),
  );
  groups.set('It reads the log, by consumers without a name that end with it.', [
    ...['$JS.API.INFO', '$JS.API.STREAM.INFO.*', `$JS.API.CONSUMER.INFO.${streamName}.*`],
    ...[`$JS.API.STREAM.MSG.GET.${streamName}`, `$JS.API.CONSUMER.MSG.NEXT.${streamName}.*`],
    ...[`$JS.API.CONSUMER.CREATE.${streamName}`, `$JS.API.CONSUMER.DELETE.${streamName}.*`],
  ]);
  for (const bucket of user.buckets) groups.set(`Bucket ${bucket}: read and write.`, bucketSubjects(bucket));
  return groups;
}

/** Without subjects that a wider one of the user includes. */
function withoutCovered(groups: Groups): [string, string[]][] {
  const wide = [...groups.values()].flat().filter((subject) => /\.[*>]$/.test(subject));
  const isCovered = (subject: string) =>
    wide.some((wider) => wider !== subject && subject.startsWith(wider.slice(0, -1)));
  return [...groups].map(([why, subjects]) => [why, subjects.filter((subject) => !isCovered(subject))]);
}

function bucketSubjects(bucket: string): string[] {
  const stream = `OBJ_${bucket}`;
  return [
    ...[`$O.${bucket}.>`, `$JS.API.STREAM.PURGE.${stream}`, `$JS.API.STREAM.MSG.GET.${stream}`],
    ...[`$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.>`],
    ...[`$JS.API.CONSUMER.CREATE.${stream}`, `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`],
    ...[`$JS.API.CONSUMER.DELETE.${stream}.*`, `$JS.API.CONSUMER.INFO.${stream}.*`],
  ];
}

/** The durable consumers are made and deleted by admin only, and their work is taken by who has their role. */
function denyLists(durables: readonly string[], own: readonly string[] = []): string[] {
  return [
    ...durables
      .filter((each) => !own.includes(each))
      .map((each) => `$JS.API.CONSUMER.MSG.NEXT.${streamName}.${each}`),
    ...durables.map((durable) => `$JS.API.CONSUMER.DELETE.${streamName}.${durable}`),
  ];
}

function userBlock(user: NatsUser, durables: readonly string[]): string {
  const { name, servesEdge } = user;
  const inbox = `"_INBOX_${name}.>"`;
  const lines = [
    '      {',
    `        user: ${name}, password: $${name.toUpperCase()}_PASSWORD`,
    '        permissions: {',
    `          subscribe: [${servesEdge ? `${inbox}, "alert-watcher.> alert-watcher"` : inbox}]`,
    ...(servesEdge ? ['          allow_responses: true'] : []),
    '          publish: {',
    '            allow: [',
    ...withoutCovered(groupsOf(user)).flatMap(([why, subjects]) =>
      [`# ${why}`, ...quoted(subjects)].map((line) => `              ${line}`),
    ),
    '            ]',
    '            # The durable consumers are not its own: they are made and deleted by admin only.',
    '            deny: [',
    ...quoted(denyLists(durables, user.durables)).map((line) => `              ${line}`),
    '            ]',
    '          }',
    '        }',
    '      }',
  ];
  return lines.join('\n');
}

function quoted(subjects: readonly string[]): string[] {
  return subjects.map((subject) => JSON.stringify(subject));
}

// What of deploy/nats/accounts.conf follows from no event.

export const header = `# The NATS accounts and users of Alert Watcher, one user a role, with no more than that role needs (SECURITY.md). In nats-server's
# configuration:
#
#   accounts { include "accounts.conf" }
#
# Two accounts. ALERT_WATCHER has the stream and its buckets, and the processes that decide, record and upload. ALERT_WATCHER_EDGE has
# those that take requests from outside (\`ingest\`, \`api\`; EDGE=true): it has no JetStream, and imports what they may ask for. Why an
# account: permissions look at the subject of a message, not at its headers, and not at the subject that an answer is wanted on. Whoever may
# publish one event of the stream can have the server itself purge it (Nats-Rollup) or write any other (Nats-Schedule-Target), and
# whoever may ask JetStream anything can have the answer stored there. From the account of the edge nothing reaches the stream: what is
# published goes to a process with the role intake, which takes over the data of events and nothing else, and answers come back into that
# account whatever subject they are wanted on.
#
# The processes of ALERT_WATCHER are trusted: these lists keep them from mistakes and from reading what is not their own, not from making
# events up.
#
# Passwords are variables: of the environment of nats-server, or of its configuration. They must begin with a letter: nats-server reads
# one that begins like a number as a number, and does not start. \`nkey: U…\` in the place of user and password keeps no secret on
# the server. A process that runs several roles needs a user with the permissions of all of them: \`workers\` is for intake, collect and
# upload in one process, \`all\` for a process with every role.
#
# Each reads answers under a prefix of its own (NATS_INBOX_PREFIX=_INBOX_ingest and so on): nobody listens to those of others.
#
# Streams, consumers and buckets are made by \`alert-watcher streams apply\` as admin, at the first installation and after each
# upgrade: none of the others may create, change or delete them.

ALERT_WATCHER: {
    jetstream: enabled
    users: [
      {
        user: admin, password: $ADMIN_PASSWORD
        # All of the account: \`streams apply\`, \`audit\`, \`redrive\`, backups.
      }`;

/** The end of the trusted account, and the beginning of that of the edge. */
export const exportsAndEdge = `    ]
    # To the account of the edge alone. An answer goes back into that account, whatever subject was named for it.
    exports: [
      { service: "alert-watcher.>", accounts: [ALERT_WATCHER_EDGE] }
      { service: "$JS.API.INFO", accounts: [ALERT_WATCHER_EDGE] }
      { service: "$JS.API.STREAM.INFO.*", accounts: [ALERT_WATCHER_EDGE] }
      { service: "$JS.API.CONSUMER.INFO.ALERT_WATCHER.*", accounts: [ALERT_WATCHER_EDGE] }
      { service: "$JS.API.STREAM.MSG.GET.*", accounts: [ALERT_WATCHER_EDGE] }
      { service: "$JS.API.CONSUMER.DELETE.*.*", accounts: [ALERT_WATCHER_EDGE] }
      # For subscribers (docs/events.md).
      { service: "$JS.ACK.ALERT_WATCHER.>", accounts: [ALERT_WATCHER_EDGE] }
      { service: "$JS.API.DIRECT.GET.>", response: stream, accounts: [ALERT_WATCHER_EDGE] }
      { service: "$JS.API.CONSUMER.MSG.NEXT.*.*", response: stream, accounts: [ALERT_WATCHER_EDGE] }
    ]
}

ALERT_WATCHER_EDGE: {
    # No JetStream of its own.
    users: [`;

/** The two users that take requests from outside. */
export function edgeUsers(
  told: readonly string[],
  lookUps: readonly string[],
  denied: readonly string[],
): string {
  const listed = (lines: readonly string[], indent: number) =>
    lines.map((line) => `${' '.repeat(indent)}${line}`).join('\n');
  return `      {
        user: ingest, password: $INGEST_PASSWORD
        permissions: {
          subscribe: ["_INBOX_ingest.>"]
          publish: [
            # It has alerts and silences taken over, looks up what was told of them, and sees whether there is room. It reads nothing else.
${listed(told, 12)}
            "aw.schedule.source.*"
${listed(lookUps, 12)}
            "$JS.API.INFO"
            "$JS.API.STREAM.INFO.*"
            "$JS.API.CONSUMER.INFO.ALERT_WATCHER.*"
          ]
        }
      }
      {
        user: api, password: $API_PASSWORD
        permissions: {
          subscribe: ["_INBOX_api.>"]
          publish: {
            allow: [
              # It asks for what people want by hand, and sees whether the log stores.
              "alert-watcher.do.*", "alert-watcher.ready"
              # It reads the log, by consumers without a name that are made for it and end with it.
              "$JS.API.INFO", "$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.INFO.ALERT_WATCHER.*"
              "$JS.API.STREAM.MSG.GET.ALERT_WATCHER", "$JS.API.CONSUMER.CREATE.ALERT_WATCHER"
              "$JS.API.CONSUMER.MSG.NEXT.ALERT_WATCHER.*", "$JS.API.CONSUMER.DELETE.ALERT_WATCHER.*"
              # It reads the buckets: snapshots, and recordings where they lie in NATS or are not in S3 yet.
              "$JS.API.STREAM.MSG.GET.OBJ_ALERT_WATCHER_SNAPSHOTS", "$JS.API.DIRECT.GET.OBJ_ALERT_WATCHER_SNAPSHOTS", "$JS.API.DIRECT.GET.OBJ_ALERT_WATCHER_SNAPSHOTS.>"
              "$JS.API.STREAM.MSG.GET.OBJ_ALERT_WATCHER_STAGING", "$JS.API.DIRECT.GET.OBJ_ALERT_WATCHER_STAGING", "$JS.API.DIRECT.GET.OBJ_ALERT_WATCHER_STAGING.>"
              "$JS.API.STREAM.MSG.GET.OBJ_ALERT_WATCHER_RECORDINGS", "$JS.API.DIRECT.GET.OBJ_ALERT_WATCHER_RECORDINGS", "$JS.API.DIRECT.GET.OBJ_ALERT_WATCHER_RECORDINGS.>"
              "$JS.API.CONSUMER.CREATE.OBJ_ALERT_WATCHER_SNAPSHOTS"
              "$JS.API.CONSUMER.MSG.NEXT.OBJ_ALERT_WATCHER_SNAPSHOTS.*", "$JS.API.CONSUMER.DELETE.OBJ_ALERT_WATCHER_SNAPSHOTS.*"
            ]
            # The durable consumers are not its own.
            deny: [
${listed(denied, 14)}
            ]
          }
        }
      }
    ]`;
}

/** What the account of the edge may ask for; each of the events goes to the gate. */
export function imports(told: readonly string[]): string {
  const gated = [...told, 'aw.schedule.source.*'].map(
    (subject) =>
      `      { service: { account: ALERT_WATCHER, subject: "alert-watcher.gate.${subject}" }, to: "${subject}" }`,
  );
  return `    imports: [
      # What they publish goes to the gate, and to no stream.
${gated.join('\n')}
      # The consumers that they read by are made for them.
      { service: { account: ALERT_WATCHER, subject: "alert-watcher.readers.ALERT_WATCHER" }, to: "$JS.API.CONSUMER.CREATE.ALERT_WATCHER" }
      { service: { account: ALERT_WATCHER, subject: "alert-watcher.readers.OBJ_ALERT_WATCHER_SNAPSHOTS" }, to: "$JS.API.CONSUMER.CREATE.OBJ_ALERT_WATCHER_SNAPSHOTS" }
      { service: { account: ALERT_WATCHER, subject: "alert-watcher.do.*" } }
      { service: { account: ALERT_WATCHER, subject: "alert-watcher.ready" } }
      { service: { account: ALERT_WATCHER, subject: "$JS.API.INFO" } }
      { service: { account: ALERT_WATCHER, subject: "$JS.API.STREAM.INFO.*" } }
      { service: { account: ALERT_WATCHER, subject: "$JS.API.CONSUMER.INFO.ALERT_WATCHER.*" } }
      { service: { account: ALERT_WATCHER, subject: "$JS.API.STREAM.MSG.GET.*" } }
      { service: { account: ALERT_WATCHER, subject: "$JS.API.CONSUMER.DELETE.*.*" } }
      { service: { account: ALERT_WATCHER, subject: "$JS.ACK.ALERT_WATCHER.>" } }
      { service: { account: ALERT_WATCHER, subject: "$JS.API.DIRECT.GET.>" } }
      { service: { account: ALERT_WATCHER, subject: "$JS.API.CONSUMER.MSG.NEXT.*.*" } }
    ]
}
`;
}

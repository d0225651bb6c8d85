const nats = 'nats --server nats://127.0.0.1:4222';

/** How to look at the stream of a running service. */
export const ways = [
  `${nats} sub 'aw.>'`,
  `${nats} sub 'aw.collection.*.*.*.Uploaded'`,
  `${nats} stream view ALERT_WATCHER`,
  `${nats} object ls ALERT_WATCHER_RECORDINGS`,
  `${nats} object get ALERT_WATCHER_RECORDINGS NAME --output recording.jfr`,
  'NATS_URL=nats://127.0.0.1:4222 npx alert-watcher replay',
];

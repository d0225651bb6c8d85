import type { AlertReceivedData } from '../../events/data/alert.ts';
import { fingerprintOf } from '../../events/fingerprint.ts';
import { sha256Hex } from '../../events/ids.ts';
import { nanosOf } from '../../events/instant.ts';
import { redactCopy } from './copies.ts';
import { redactJson } from './json.ts';
import { createNames } from './names.ts';
import { type RedactConfig, unredactedLabels } from './options.ts';
import { createPatterns, mask } from './patterns.ts';

/** What the configuration keeps from being stored. */
export interface Redaction {
  /**
   * The alert as it is stored. Its fingerprint stays that of the labels as they were sent, so that two alerts which differ only
   * by what is dropped remain two. `nameOf` makes the name of an alert that has a title, of the masked title.
   */
  alert: (alert: AlertReceivedData, nameOf?: NameOf) => AlertReceivedData;
  /** Annotations alone, such as stored ones, which an earlier configuration may have redacted. */
  annotations: (annotations: Texts) => Texts;
  /** A text of a sender, such as a title, without what matches `values`. */
  text: (text: string) => string;
}

type Texts = Record<string, string>;
type NameOf = (title: string) => string;

/** Prometheus's own is a hash, and holds no text. */
const ownFingerprint = /^[0-9a-f]{16}$/;

/** Undefined where nothing is to be redacted, which then costs nothing. Throws where a pattern cannot be read. */
export function createRedaction(config: RedactConfig | undefined): Redaction | undefined {
  if (!config) return undefined;
  const { drop = [], mask: maskNames = [], values = [] } = config;
  const [isDropped, isMasked, text] = [createNames(drop), createNames(maskNames), createPatterns(values)];

  const redactTexts = (texts: Readonly<Texts>, secrets: string[], kept?: ReadonlySet<string>): Texts => {
    const onSecret = (secret: string) => {
      if (secret !== '') secrets.push(secret);
    };
    const json = { isDropped, isMasked, text, onSecret };
    const stored: [string, string][] = [];
    for (const [name, value] of Object.entries(texts)) {
      if (kept?.has(name)) stored.push([name, value]);
      else if (isDropped(name) || isMasked(name)) {
        onSecret(value);
        if (!isDropped(name)) stored.push([name, mask]);
      } else stored.push([name, text(redactJson(value, json))]);
    }
    return Object.fromEntries(stored);
  };

  /** What may repeat a label: in another form where it does. */
  const redactFields = (alert: AlertReceivedData, secrets: readonly string[]) => {
    if (secrets.length === 0 && values.length === 0) return {};
    const copy = (field: string) => redactCopy(field, secrets, text);
    const {
      groupKey,
      generatorURL,
      externalURL,
      receiver,
      endsAt,
      notificationReason: why,
      fingerprint,
    } = alert;
    const isHash = ownFingerprint.test(fingerprint) || copy(fingerprint) === fingerprint;
    return {
      ...{ groupKey: copy(groupKey), generatorURL: copy(generatorURL) },
      ...{ externalURL: copy(externalURL), receiver: copy(receiver) },
      // A time is no secret; Alertmanager sends nothing else.
      ...(endsAt === undefined || nanosOf(endsAt) !== undefined ? {} : { endsAt: copy(endsAt) }),
      ...(why === undefined ? {} : { notificationReason: copy(why) }),
      ...(isHash ? {} : { fingerprint: sha256Hex(fingerprint).slice(0, 32) }),
    };
  };

  const redactTitle = ({ annotations: { title } }: AlertReceivedData, nameOf: NameOf | undefined) => {
    const masked = title === undefined || !nameOf ? title : text(title);
    return masked === undefined || masked === title ? {} : { alertname: nameOf?.(masked) ?? '' };
  };

  return {
    text,
    annotations: (annotations) => redactTexts(annotations, []),
    alert: (alert, nameOf) => {
      const secrets: string[] = [];
      const labels = redactTexts(alert.labels, secrets, unredactedLabels);
      const annotations = redactTexts(alert.annotations, secrets);
      const stored = {
        ...alert,
        ...{ labels: { ...labels, ...redactTitle(alert, nameOf) }, annotations },
        ...redactFields(alert, secrets),
      };
      return isOwnStill(alert, stored) ? { ...stored, ownFingerprint: true } : stored;
    },
  };
}

/** True: the fingerprint is that of the labels as they were sent, which the stored ones no longer show. */
function isOwnStill(sent: AlertReceivedData, stored: AlertReceivedData): boolean {
  const { fingerprint, labels } = stored;
  if (labels['alertname'] !== sent.labels['alertname'] || isSame(labels, sent.labels)) return false;
  return fingerprint === sent.fingerprint && fingerprint === fingerprintOf(sent.labels);
}

function isSame(a: Readonly<Texts>, b: Readonly<Texts>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

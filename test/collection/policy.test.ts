import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPolicy } from '../../src/collection/intake/policy.ts';
import { podOf } from '../../src/book/pod-of-alert.ts';
import { plan, pod } from '../support/events.ts';

const { rule: _rule, ...planOfRow } = plan;

describe('the policy', () => {
  it('takes the first row whose matchers all match', () => {
    const policy = createPolicy([
      {
        name: 'critical',
        match: ['alertname="A"', 'severity="critical"'],
        plan: { ...planOfRow, durationSeconds: 60 },
      },
      { name: 'any', match: ['alertname="A"'], plan: planOfRow },
    ]);
    expect(policy.planFor({ alertname: 'A', severity: 'critical' })).toMatchObject({
      rule: 'critical',
      durationSeconds: 60,
    });
    expect(policy.planFor({ alertname: 'A', severity: 'warning' })).toMatchObject({
      rule: 'any',
      durationSeconds: 30,
    });
    expect(policy.planFor({ alertname: 'B' })).toBeUndefined();
  });
});

describe('the pod of an alert', () => {
  const labels = { kube_context: pod.kubeContext, namespace: pod.namespace, pod: pod.pod, sts: pod.sts };

  it('is named by kube_context, namespace, pod and, where there is one, sts', () => {
    expect(podOf(labels)).toEqual({ pod });
    const { sts: _, ...without } = labels;
    const { sts: __, ...podWithout } = pod;
    expect(podOf(without)).toEqual({ pod: podWithout });
    expect(podOf({ ...labels, sts: '../x' })).toEqual({ pod: podWithout });
  });

  it('may have a context such as cloud providers make them', () => {
    const kubeContext = 'arn:aws:eks:eu-west-1:123456789012:cluster/crate@prod';
    expect(podOf({ ...labels, kube_context: kubeContext })).toMatchObject({ pod: { kubeContext } });
    const dotted = 'kubernetes-admin@c..1/a...b';
    expect(podOf({ ...labels, kube_context: dotted })).toMatchObject({ pod: { kubeContext: dotted } });
  });

  it.each(['a/../b', 'a/../../b', 'a/./b', '../a', 'a:b/../c', '/../a', '--context=evil', '-x'])(
    'is refused where kube_context is %j, which climbs a folder or is an option',
    (kube_context) => {
      const refused = { reason: 'invalid-label', label: 'kube_context' };
      expect(podOf({ ...labels, kube_context })).toMatchObject(refused);
    },
  );

  it.each(['kube_context', 'namespace', 'pod'])('is missing without %s', (label) => {
    expect(podOf({ ...labels, [label]: '' })).toMatchObject({ reason: 'missing-label', label });
  });

  it.each([
    '--kube-context=evil',
    '-x',
    'a/../b',
    '..',
    '>',
    '*',
    'a b',
    'a\nb',
    'a;b',
    'a'.repeat(254),
    'é',
    'a.',
  ])('is refused where the label is %j', (value) => {
    expect(podOf({ ...labels, pod: value })).toMatchObject({ reason: 'invalid-label', label: 'pod' });
    expect(podOf({ ...labels, namespace: value })).toMatchObject({
      reason: 'invalid-label',
      label: 'namespace',
    });
  });

  it('never holds a name that begins with a dash, climbs a folder or is a wildcard, whatever the labels are', () => {
    const segments = fc.array(fc.constantFrom('..', '.', 'a', '-', 'b@c:d', ''), {
      minLength: 1,
      maxLength: 5,
    });
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[-./@:a-z*>]{1,12}$/),
      segments.map((each) => each.join('/')),
    );
    const mostly = fc.oneof(fc.constant('a'), value);
    fc.assert(
      fc.property(value, mostly, mostly, (kube_context, namespace, name) => {
        const found = podOf({ kube_context, namespace, pod: name });
        if (!('pod' in found)) return;
        expect(found.pod.pod).toMatch(/^[A-Za-z0-9][-._A-Za-z0-9]*$/);
        expect(found.pod.namespace).toMatch(/^[A-Za-z0-9][-._A-Za-z0-9]*$/);
        expect(found.pod.kubeContext).toMatch(/^[A-Za-z0-9][-._:/@A-Za-z0-9]*$/);
        for (const segment of found.pod.kubeContext.split('/')) expect(['.', '..']).not.toContain(segment);
      }),
      { numRuns: 2_000 },
    );
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kubernetesFiles } from '../../../topology/derive/kubernetes.ts';
import { workloadsOf } from '../../../topology/derive/workloads.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { SINKS } from '../../../topology/topics.ts';
import { topicsOf } from '../../../topology/topics.ts';

interface Resource {
  kind: string;
  metadata: { name: string; namespace: string };
  spec: any;
  resources: string[];
}

const read = (text: string): Resource[] =>
  parseAllDocuments(text).map((one) => {
    if (one.errors.length > 0) throw one.errors[0];
    return one.toJS() as Resource;
  });

const files = kubernetesFiles(orderFlow);
const resources = Object.values(files).flatMap(read);
const deployments = resources.filter(({ kind }) => kind === 'Deployment');
const handWritten = readdirSync('k8s/base').flatMap((name) => read(readFileSync(`k8s/base/${name}`, 'utf8')));

test('every node, sink and the ingress has a Deployment with a budget', () => {
  const names = workloadsOf(orderFlow).map(({ name }) => `iaros-${name}`);
  expect(names).toEqual([
    ...orderFlow.nodes.map(({ name }) => `iaros-${name}`),
    ...SINKS.map((name) => `iaros-${name}`),
    'iaros-ingress',
  ]);
  expect(deployments.map(({ metadata }) => metadata.name)).toEqual(names);
  const budgets = resources.filter(({ kind }) => kind === 'PodDisruptionBudget');
  expect(budgets.map(({ spec }) => spec.selector)).toEqual(deployments.map(({ spec }) => spec.selector));
});

test('a Deployment runs its node, and selects its own pods alone', () => {
  for (const { metadata, spec } of deployments) {
    const [container] = spec.template.spec.containers;
    const name = metadata.name.replace(/^iaros-/, '');
    expect(container.command).toEqual(
      name === 'ingress' ? ['node', '--v8-pool-size=1', '--initial-old-space-size=256', 'ingress/main.ts'] : ['node', 'topology/cli.ts', 'run', name],
    );
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    expect(spec.selector.matchLabels['app.kubernetes.io/component']).toBe(name);
  }
});

test('probes ask a port that the process is told to serve', () => {
  for (const { spec } of deployments) {
    const [{ ports, env, startupProbe, readinessProbe, livenessProbe }] = spec.template.spec.containers;
    expect(env[0].value).toBe(String(ports[0].containerPort));
    expect([startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => [httpGet.port, httpGet.path])).toEqual([
      [ports[0].name, '/health/ready'],
      [ports[0].name, '/health/ready'],
      [ports[0].name, '/health/live'],
    ]);
  }
});

test('only who opens or seals personal data gets the keys to it', () => {
  const withKeys = deployments
    .filter(({ spec }) => JSON.stringify(spec).includes('iaros-personal-data'))
    .map(({ metadata }) => metadata.name);
  expect(withKeys).toEqual(['iaros-validate', 'iaros-ticket', 'iaros-notify', 'iaros-ingress']);
});

test('pods run as nobody, on a read-only file system', () => {
  for (const { spec } of deployments) {
    const pod = spec.template.spec;
    expect(pod.securityContext.runAsNonRoot).toBe(true);
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  }
});

test('every topic is a KafkaTopic, with the partitions that order keys rely on', () => {
  const topics = resources.filter(({ kind }) => kind === 'KafkaTopic');
  const expected = topicsOf(orderFlow).map(({ name, partitions }) => [name, partitions === 'flow' ? 6 : partitions]);
  expect(topics.map(({ spec }) => [spec.topicName, spec.partitions])).toEqual(expect.arrayContaining(expected));
  expect(topics).toHaveLength(expected.length);
  expect(topics.find(({ metadata }) => metadata.name === 'internal.orders-changelog.v1')?.spec.config).toMatchObject({
    'cleanup.policy': 'compact',
    'retention.ms': '-1',
  });
});

test('names are such as Kubernetes takes', () => {
  for (const { kind, metadata } of resources.filter((one) => one.kind !== 'Kustomization')) {
    expect(metadata.name, kind).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
    expect(metadata.name.length).toBeLessThanOrEqual(kind === 'KafkaTopic' ? 253 : 63);
    expect(metadata.namespace).toBe('iaros');
  }
});

test('what the Deployments refer to is there', () => {
  const named = new Set(handWritten.map(({ kind, metadata }) => `${kind}/${metadata?.name}`));
  for (const { spec } of deployments) {
    const pod = spec.template.spec;
    expect(named).toContain(`ServiceAccount/${pod.serviceAccountName}`);
    for (const { configMapRef, secretRef } of pod.containers[0].envFrom) {
      expect(named).toContain(configMapRef ? `ConfigMap/${configMapRef.name}` : `Secret/${secretRef.name}`);
    }
  }
  const service = handWritten.find(({ kind }) => kind === 'Service');
  const ingress = deployments.find(({ metadata }) => metadata.name === 'iaros-ingress');
  expect(service?.spec.selector).toEqual(ingress?.spec.selector.matchLabels);
  expect(service?.spec.ports[0].targetPort).toBe(ingress?.spec.template.spec.containers[0].ports[0].name);
});

test('kustomizations list files that exist', () => {
  for (const [path, text] of Object.entries(files).filter(([name]) => name.endsWith('kustomization.yaml'))) {
    const folder = path.replace('/kustomization.yaml', '');
    expect(read(text)[0]?.resources.map((name) => `${folder}/${name}`)).toEqual(
      Object.keys(files).filter((file) => file.startsWith(folder) && file !== path),
    );
  }
  for (const folder of ['k8s', 'k8s/base']) {
    const [kustomization] = read(readFileSync(`${folder}/kustomization.yaml`, 'utf8'));
    expect(kustomization!.resources.filter((name) => !existsSync(`${folder}/${name}`))).toEqual([]);
  }
});

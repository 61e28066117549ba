import { Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CcroClient } from '@ccro/client';
import { settingsOf } from '@ccro/cluster-config';
import { Troubles } from '@ccro/redis';
import { defineStateMachine } from '@ccro/state-machine';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Ccro } from './ccro.js';
import { CcroClientModule, CcroModule } from './ccro.module.js';
import type { CcroOptions } from './connection.js';
import { startedReplicas, type Replicas } from './replicas.testkit.js';

// What stops an application at its start is expected here.
Logger.overrideLogger(['fatal']);

const counter = defineStateMachine({
  name: 'counter',
  version: '1',
  operations: {
    count(_fields, state, { client }) {
      const count = Number(state.get(client) ?? 0) + 1;
      state.set(client, count);
      return { count };
    },
  },
});

function optionsFor({ config, hub }: Replicas, more: Partial<CcroOptions> = {}): CcroOptions {
  return { cluster: config, clientId: 'alice', redis: hub.broker('alice'), ...more };
}

interface Application {
  readonly ccro: Ccro;
  readonly close: () => Promise<void>;
}

/** An application that has `CcroModule`, until the test has finished. */
async function application(options: CcroOptions): Promise<Application> {
  @Module({ imports: [CcroModule.forRoot(options)] })
  class TestModule {}
  const app = await NestFactory.createApplicationContext(TestModule, { abortOnError: false });
  onTestFinished(() => app.close());
  return { ccro: app.get(Ccro), close: () => app.close() };
}

/** What is logged at `warn` from now on, until the test has finished. */
function spiedWarnings() {
  const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  onTestFinished(() => warned.mockRestore());
  return warned;
}

describe('CcroModule', () => {
  it('has operations executed in their order, once each, with f + 1 signed replies', async () => {
    const { ccro } = await application(optionsFor(await startedReplicas(counter)));
    const decided = await Promise.all([1, 2, 3].map(() => ccro.submit({ type: 'count' })));
    expect(decided.map(({ result }) => result)).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }]);
    const [first] = decided;
    expect(first).toMatchObject({ required: 2, view: 0 });
    expect(first?.id).toMatch(/^alice-\d+$/);
    expect(first?.proof.length).toBeGreaterThanOrEqual(2);
    expect(new Set(first?.proof.map(({ replica }) => replica)).size).toBe(first?.proof.length);
  });

  it('takes its options from what is injected', async () => {
    const replicas = await startedReplicas(counter);
    @Injectable()
    class Settings {
      readonly options = optionsFor(replicas);
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    @Module({
      imports: [
        CcroModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: ({ options }: Settings) => options,
        }),
      ],
    })
    class TestModule {}
    const app = await NestFactory.createApplicationContext(TestModule);
    onTestFinished(() => app.close());
    expect(await app.get(Ccro).submit({ type: 'count' })).toMatchObject({ result: { count: 1 } });
  });

  it('says when time is up', async () => {
    const replicas = await startedReplicas(counter);
    const { ccro } = await application(optionsFor(replicas, { timeoutMs: 20 }));
    replicas.hub.setAvailable(false);
    await expect(ccro.submit({ type: 'count' })).rejects.toMatchObject({
      code: 'undecided',
      message: expect.stringMatching(/^alice-\d+ was not decided in 20 ms/) as unknown,
    });
    expect(ccro.connected).toBe(false);
  });

  it('waits for what was submitted when the application ends, and takes no more', async () => {
    const { ccro, close } = await application(optionsFor(await startedReplicas(counter)));
    const submitted = ccro.submit({ type: 'count' });
    const closed = close();
    await expect(submitted).resolves.toMatchObject({ result: { count: 1 } });
    await closed;
    await expect(ccro.submit({ type: 'count' })).rejects.toMatchObject({ code: 'closed' });
    const receipt = ccro.receipt(await submitted);
    await expect(receipt).rejects.toMatchObject({ code: 'closed' });
  });

  it('I14, sibling: passes over nodes whose answer has no list of decisions', async () => {
    const { ccro } = await application(optionsFor(await startedReplicas(counter)));
    const decided = await ccro.submit({ type: 'count' });
    const answers = [{ decisions: 5 }, { decisions: null }, {}, { decisions: { 0: 1 } }];
    const query = vi.spyOn(ccro.client, 'query');
    for (const answer of answers) query.mockResolvedValueOnce(answer);
    await expect(ccro.receipt(decided)).rejects.toMatchObject({ code: 'no-receipt' });
    expect(query).toHaveBeenCalledTimes(4);
  });

  it('B1, sibling: signs nothing that would be read as something else', async () => {
    const { ccro } = await application(optionsFor(await startedReplicas(counter)));
    await expect(ccro.submit({ type: 'count', by: Number.NaN })).rejects.toMatchObject({
      code: 'inexact-operation',
    });
    expect(await ccro.submit({ type: 'count' })).toMatchObject({ result: { count: 1 } });
  });

  it('leaves no timer behind when there is nothing to wait for', async () => {
    const { ccro } = await application(optionsFor(await startedReplicas(counter)));
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    await ccro.beforeApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no connection behind when it cannot listen', async () => {
    const replicas = await startedReplicas(counter);
    const redis = replicas.hub.broker('alice');
    vi.spyOn(redis, 'subscribe').mockRejectedValue(new Error('no permission'));
    await expect(application(optionsFor(replicas, { redis }))).rejects.toThrow('no permission');
    expect(redis.connected).toBe(false);
  });

  it('refuses to start as a client that the cluster does not have', async () => {
    const replicas = await startedReplicas(counter);
    const options = optionsFor(replicas, { clientId: 'mallory' });
    await expect(application(options)).rejects.toThrow('clientId is "mallory"; allowed: alice');
  });

  it('takes no more operations than may wait for their decision', async () => {
    const replicas = await startedReplicas(counter);
    const { ccro } = await application(optionsFor(replicas, { maxOutstanding: 1 }));
    const first = ccro.submit({ type: 'count' });
    await expect(ccro.submit({ type: 'count' })).rejects.toMatchObject({ code: 'overloaded' });
    expect(await first).toMatchObject({ result: { count: 1 } });
  });

  it('H8, sibling: warns that the nodes have another cluster file, and when they have the same again', async () => {
    const replicas = await startedReplicas(counter);
    const { ccro } = await application(optionsFor(replicas));
    const warned = spiedWarnings();
    const { config } = replicas;
    const others = { ...config, tuning: { ...config.tuning, clientWindow: 7 } };
    const { settings } = ccro.client;
    settings.note([1, 2].map(() => ({ settings: settingsOf(others) })));
    expect(warned.mock.calls).toEqual([[expect.stringContaining('other clientWindow')]]);
    settings.note([1, 2, 3].map(() => ({ settings: settingsOf(config) })));
    expect(warned.mock.calls.slice(1)).toEqual([
      [expect.stringContaining('have the same cluster file')],
    ]);
  });
});

describe('CcroClientModule', () => {
  it('leaves connecting and listening to a transport', async () => {
    const replicas = await startedReplicas(counter);
    const redis = replicas.hub.broker('alice');
    @Module({ imports: [CcroClientModule.forRoot(optionsFor(replicas, { redis }))] })
    class TestModule {}
    const app = await NestFactory.createApplicationContext(TestModule, { abortOnError: false });
    onTestFinished(() => app.close());
    expect(redis.connected).toBe(false);
    const client = app.get(CcroClient);
    await redis.subscribe([client.inbox]);
    redis.onMessage((_channel, payload) => client.receive(payload));
    await redis.connect();
    const outcome = await client.submit('{"type":"count"}').decided;
    expect(outcome).toMatchObject({ result: { count: 1 } });
    await app.close();
    expect(redis.connected).toBe(true);
    await redis.close();
  });

  it('H8, sibling: warns of what Redis refuses, and when that is over', async () => {
    const replicas = await startedReplicas(counter);
    const troubles = new Troubles();
    const redis = Object.assign(replicas.hub.broker('alice'), { troubles });
    @Module({ imports: [CcroClientModule.forRoot(optionsFor(replicas, { redis }))] })
    class TestModule {}
    const app = await NestFactory.createApplicationContext(TestModule, { abortOnError: false });
    onTestFinished(() => app.close());
    const warned = spiedWarnings();
    troubles.failed('publish', new Error('OOM command not allowed'));
    expect(warned.mock.calls).toEqual([[expect.stringContaining('its memory is full')]]);
    troubles.over('publish');
    expect(warned.mock.calls.slice(1)).toEqual([[expect.stringContaining('OOM is over')]]);
  });
});

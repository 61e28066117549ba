import {
  Controller,
  Module,
  ParseIntPipe,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { describe, expect, it } from 'vitest';
import type { BrokerContext } from './broker-context.js';
import { findDirectHandlers } from './direct-handlers.js';

const TRANSPORT = Symbol('spec');

class Enhancer {
  canActivate(): boolean {
    return true;
  }
  intercept(): never {
    throw new Error('not called');
  }
  transform(value: unknown): unknown {
    return value;
  }
  catch(): void {}
}

@Controller()
class PlainController {
  private readonly answer = 42;

  @EventPattern<string>('bare')
  bare(): number {
    return this.answer;
  }

  @EventPattern<string>('payload')
  payload(@Payload() payload: unknown): unknown {
    return payload;
  }

  @EventPattern<string>('both')
  both(@Payload() payload: unknown, @Ctx() context: BrokerContext): unknown[] {
    return [payload, context];
  }

  @EventPattern<string>('ours', TRANSPORT)
  ours(): void {}

  @EventPattern<string>('tcp', Transport.TCP)
  tcp(): void {}

  @MessagePattern('request')
  request(): void {}

  @EventPattern<object>({ not: 'a string' })
  object(): void {}

  @EventPattern<string>('swapped')
  swapped(@Ctx() _context: BrokerContext, @Payload() _payload: unknown): void {}

  @EventPattern<string>('part-of-payload')
  partOfPayload(@Payload('field') _payload: unknown): void {}

  @EventPattern<string>('piped-payload')
  pipedPayload(@Payload(ParseIntPipe) _payload: number): void {}

  @EventPattern<string>('guarded')
  @UseGuards(Enhancer)
  guarded(): void {}

  @EventPattern<string>('intercepted')
  @UseInterceptors(Enhancer)
  intercepted(): void {}

  @EventPattern<string>('piped')
  @UsePipes(Enhancer)
  piped(): void {}

  @EventPattern<string>('filtered')
  @UseFilters(Enhancer)
  filtered(): void {}
}

@Controller()
@UseGuards(Enhancer)
class GuardedController {
  @EventPattern<string>('guarded-class')
  handle(): void {}
}

@Controller({ scope: Scope.REQUEST })
class RequestScopedController {
  @EventPattern<string>('request-scoped')
  handle(): void {}
}

@Module({ controllers: [PlainController, GuardedController, RequestScopedController] })
class HandlersModule {}

describe('findDirectHandlers', () => {
  it('finds the handlers that need nothing of Nest, and no others', async () => {
    const app = await NestFactory.createApplicationContext(HandlersModule, { logger: false });
    const handlers = findDirectHandlers(app.get(ModulesContainer), TRANSPORT);
    expect([...handlers.keys()]).toEqual(['bare', 'payload', 'both', 'ours']);
    await app.close();
  });

  it('binds them to their controllers', async () => {
    const app = await NestFactory.createApplicationContext(HandlersModule, { logger: false });
    const handlers = findDirectHandlers(app.get(ModulesContainer), TRANSPORT);
    const payload = new Uint8Array(1);
    const context = {} as BrokerContext;
    expect(handlers.get('bare')?.[0]?.(payload, context)).toBe(42);
    expect(handlers.get('both')?.[0]?.(payload, context)).toEqual([payload, context]);
    await app.close();
  });
});

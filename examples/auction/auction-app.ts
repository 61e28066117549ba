import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { CcroModule, type CcroOptions } from '@ccro/nest';
import { AuctionController } from './auction.controller.js';

@Module({})
export class AuctionModule {
  static forRoot(options: CcroOptions): DynamicModule {
    return {
      module: AuctionModule,
      imports: [CcroModule.forRoot(options)],
      controllers: [AuctionController],
    };
  }
}

/** An ordinary Nest application, ready to listen. */
export function createAuctionApp(options: CcroOptions): Promise<NestFastifyApplication> {
  return NestFactory.create<NestFastifyApplication>(
    AuctionModule.forRoot(options),
    new FastifyAdapter(),
    { abortOnError: false, logger: ['warn', 'error', 'fatal'] },
  );
}

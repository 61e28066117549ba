import { Module } from '@nestjs/common';
import { RequestsModule } from '../requests/requests.module.js';
import { KvController } from './kv.controller.js';
import { KvService } from './kv.service.js';

@Module({
  imports: [RequestsModule],
  controllers: [KvController],
  providers: [KvService],
})
export class KvModule {}

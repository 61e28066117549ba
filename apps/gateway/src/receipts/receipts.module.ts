import { Module } from '@nestjs/common';
import { ClusterModule } from '../cluster/cluster.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { ReceiptsController } from './receipts.controller.js';
import { ReceiptsService } from './receipts.service.js';

@Module({
  imports: [ClusterModule, LedgerModule, RequestsModule],
  controllers: [ReceiptsController],
  providers: [ReceiptsService],
})
export class ReceiptsModule {}

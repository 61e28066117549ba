import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { RouteRule } from '../auth/access.js';
import { CalledBy, type Caller } from '../auth/caller.js';
import { ApiProblems } from '../openapi/openapi.js';
import { sequenceSchema } from '../ledger/dto/ledger-query.dto.js';
import { ReceiptsService } from './receipts.service.js';

/** Query of `GET /requests/:id/receipt`. */
const receiptQuerySchema = z.strictObject({ sequence: sequenceSchema.optional() });

type ReceiptQueryDto = z.infer<typeof receiptQuerySchema>;

@ApiTags('requests')
@Controller('requests/:id/receipt')
export class ReceiptsController {
  constructor(private readonly receipts: ReceiptsService) {}

  /** The text itself and not an object: a receipt has one spelling. */
  @Get()
  @RouteRule({ shares: 'records' })
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Proof of a decision; `npm run verify` checks it offline' })
  @ApiQuery({
    name: 'sequence',
    required: false,
    description: 'Where it was decided: needed for requests that this gateway did not submit',
  })
  @ApiOkResponse({ description: 'A receipt of format ccro-receipt/1, checked' })
  @ApiProblems(
    'invalid-request',
    'not-found',
    'not-decided',
    'overloaded',
    'timestamp-conflict',
    'no-longer-kept',
    'quorum-unreachable',
    'broker-unreachable',
  )
  receipt(
    @Param('id') id: string,
    @Query({ schema: receiptQuerySchema }) { sequence }: ReceiptQueryDto,
    @CalledBy() caller: Caller,
  ): Promise<string> {
    return sequence === undefined
      ? this.receipts.receiptOf(id, caller)
      : this.receipts.receiptIn(sequence, id);
  }
}

import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import { ReceiptsService } from './receipts.service.js';

@ApiTags('requests')
@Controller('requests/:id/receipt')
export class ReceiptsController {
  constructor(private readonly receipts: ReceiptsService) {}

  /** The text itself and not an object: a receipt has one spelling. */
  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Proof of a decision; `npm run verify` checks it offline' })
  @ApiOkResponse({ description: 'A receipt of format ccro-receipt/1, checked' })
  @ApiProblems(
    'not-found',
    'not-decided',
    'timestamp-conflict',
    'no-longer-kept',
    'quorum-unreachable',
    'broker-unreachable',
  )
  receipt(@Param('id') id: string): Promise<string> {
    return this.receipts.receiptOf(id);
  }
}

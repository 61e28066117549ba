import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { ReplicaId } from '@ccro/consensus';
import { FAULT_KINDS } from '@ccro/faults';
import { z } from 'zod';
import { Needs } from '../auth/access.js';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import { ClusterService, type ClusterStatus, type NodeSummary } from './cluster.service.js';
import { FaultsService, type NodeFault } from './faults.service.js';
import { MemberIdPipe } from './member-id.pipe.js';

/** Body of `PUT /nodes/:id/fault`. */
const setFaultSchema = z.strictObject({ kind: z.enum(FAULT_KINDS) });

type SetFaultDto = z.infer<typeof setFaultSchema>;

@ApiTags('cluster')
@Controller()
export class ClusterController {
  constructor(
    private readonly cluster: ClusterService,
    private readonly faults: FaultsService,
  ) {}

  @Get('status')
  @ApiOperation({ summary: 'The cluster: size, view, roles, who is up, who was caught lying' })
  @ApiOkResponse()
  status(): Promise<ClusterStatus> {
    return this.cluster.status();
  }

  @Get('nodes')
  @ApiOperation({ summary: 'The members: roles, liveness, view, last executed, tallies' })
  @ApiOkResponse()
  async nodes(): Promise<{ readonly nodes: readonly NodeSummary[] }> {
    return { nodes: await this.cluster.nodes() };
  }

  @Get('nodes/:id/status')
  @ApiOperation({ summary: 'All that a node says of itself, with the evidence it holds' })
  @ApiParam({ name: 'id', type: 'integer' })
  @ApiOkResponse()
  @ApiProblems('not-found')
  node(@Param('id', MemberIdPipe) id: ReplicaId): ReturnType<ClusterService['node']> {
    return this.cluster.node(id);
  }

  @Put('nodes/:id/fault')
  @Needs('admin')
  @ApiOperation({ summary: 'Makes a node misbehave; only with FAULT_INJECTION=on' })
  @ApiParam({ name: 'id', type: 'integer' })
  @ApiOkResponse()
  @ApiProblems('invalid-request', 'fault-injection-disabled', 'not-found', 'node-unreachable')
  setFault(
    @Param('id', MemberIdPipe) id: ReplicaId,
    @Body({ schema: setFaultSchema }) { kind }: SetFaultDto,
  ): Promise<NodeFault> {
    return this.faults.set(id, kind);
  }

  @Delete('nodes/:id/fault')
  @Needs('admin')
  @ApiOperation({ summary: 'Makes a node behave again; only with FAULT_INJECTION=on' })
  @ApiParam({ name: 'id', type: 'integer' })
  @ApiOkResponse()
  @ApiProblems('fault-injection-disabled', 'not-found', 'node-unreachable')
  clearFault(@Param('id', MemberIdPipe) id: ReplicaId): Promise<NodeFault> {
    return this.faults.set(id, null);
  }
}

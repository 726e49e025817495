import { Module } from '@nestjs/common';
import { HistoryService } from './history.service.js';
import { RetentionService } from './retention.service.js';

/** The log of every change: read as the history of an object, and kept from growing without bound. */
@Module({ providers: [HistoryService, RetentionService], exports: [HistoryService] })
export class HistoryModule {}

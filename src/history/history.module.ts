import { Module } from '@nestjs/common';
import { HistoryService } from './history.service.js';

/** The log of every change, read as the history of an object. */
@Module({ providers: [HistoryService], exports: [HistoryService] })
export class HistoryModule {}

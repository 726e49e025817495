import { Module } from '@nestjs/common';
import { RetentionService } from './retention.service.js';

/** Deletes what is kept for a time only: the history of changes, and the answers to requests that may be repeated. */
@Module({ providers: [RetentionService] })
export class RetentionModule {}

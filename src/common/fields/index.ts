export * from './computed.fields.js';
export * from './date.fields.js';
export * from './flag.fields.js';
export { ExternalIdField, METADATA_LIMITS, MetadataField } from './identity.fields.js';
export * from './key.fields.js';
export * from './number.fields.js';
export { ParentField, ReferenceField, type ReferenceOptions } from './reference.field.js';
export * from './resource.js';
export * from './text.fields.js';

INSERT INTO countersign_knowledge (number, id, created_at, namespace, category, title, document)
VALUES (7, '00000000-0000-4000-8000-000000000020', '2026-03-01 12:00:20+00:00', 'billing', 'memory', '[人工修復] KubePodOOMKilled: kubectl set resources deployment/billing',
'{"category": "memory", "content": "# \u2705 \u4eba\u5de5\u4fee\u5fa9: KubePodOOMKilled\n\n\u8a18\u61b6\u9ad4\u4e0d\u8db3\uff0cmemory leak\uff0c\u8abf\u9ad8\u4e0a\u9650\u3002", "createdAt": "2026-03-01T12:00:20.000000Z", "createdBy": "approval_execution", "id": "00000000-0000-4000-8000-000000000020", "namespace": "billing", "request": "raise-memory", "source": "AI_EXTRACTED", "tags": ["human_approved", "success", "memory", "execution"], "title": "[\u4eba\u5de5\u4fee\u5fa9] KubePodOOMKilled: kubectl set resources deployment/billing", "type": "INCIDENT_CASE"}');
INSERT INTO countersign_knowledge_tag (tag, entry) VALUES ('human_approved', 7), ('success', 7), ('memory', 7), ('execution', 7);
INSERT INTO countersign_execution (id, finished_at, namespace, operation, playbook, anomaly, document)
VALUES ('00000000-0000-4000-8000-000000000020', '2026-03-01 12:00:20.000000+00:00', 'billing', 'SetResources', 'raise-memory', 'KubePodOOMKilled billing', '{"anomaly": "KubePodOOMKilled billing", "disposition": "human_approved", "durationSeconds": 12.25, "finishedAt": "2026-03-01T12:00:20.000000Z", "id": "00000000-0000-4000-8000-000000000020", "incident": "inc-7", "namespace": "billing", "operation": "SetResources", "playbook": "raise-memory", "request": "raise-memory", "success": true, "targets": ["billing/Deployment/billing"]}');
INSERT INTO countersign_execution_target (target, execution)
VALUES ('billing/Deployment/billing', '00000000-0000-4000-8000-000000000020');
INSERT INTO countersign_event (number, record, digest, time, document)
VALUES (1001, '00000000-0000-4000-8000-000000000020', '5dbc4c3bcb305d0d33560516', '2026-03-01 12:00:18.000000+00:00', '{"actor": "alice", "actorRole": "signer", "description": "", "status": "success", "time": "2026-03-01T12:00:18.000000Z", "title": "\u6838\u51c6", "type": "decide"}');
INSERT INTO countersign_event (number, record, digest, time, document)
VALUES (1002, '00000000-0000-4000-8000-000000000020', '8bb64a5260611df5773ee117', '2026-03-01 12:00:20.000000+00:00', '{"actor": "countersign", "actorRole": "executor", "description": "billing/Deployment/billing in 12.25 s", "status": "success", "time": "2026-03-01T12:00:20.000000Z", "title": "done", "type": "exec"}');
INSERT INTO countersign_occurrence (id, anomaly, namespace, at)
VALUES ('00000000-0000-4000-8000-000000000099', 'KubePodOOMKilled billing', 'billing', '2026-03-01 12:00:10.000000+00:00');

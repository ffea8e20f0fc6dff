-- Calls the request off. The API server takes it from whoever proposed it, may sign it, or may propose
-- for others (request-as), and only while it is Pending.
obj.spec.cancelled = true
return obj

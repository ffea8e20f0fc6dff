-- The actions that Argo CD offers on an ApprovalRequest. There is none to approve: a signature made
-- here would bear Argo CD's name, not the person's.
local actions = {}
local status = obj.status
local pending = type(status) == "table" and status.phase == "Pending"
if pending and not (obj.spec and obj.spec.cancelled) then
  actions["cancel"] = {
    ["displayName"] = "Cancel this request",
    ["iconClass"] = "fa fa-fw fa-ban",
  }
end
return actions

-- What Argo CD shows as the health of an ApprovalRequest, and what a sync wave waits for.
--
-- Suspended means "waits for people": a wave goes on only when the request is Healthy, and fails when
-- it is Degraded. A phase that is not known here is Unknown and so holds the wave as well.
--
-- Argo CD runs this without Lua's string library, so a text can be measured but not cut.
local HEALTH = {
  Pending = "Suspended",
  Approved = "Progressing",
  Executing = "Progressing",
  Succeeded = "Healthy",
  Failed = "Degraded",
  Denied = "Degraded",
  Expired = "Degraded",
  Cancelled = "Degraded",
}
local LONGEST = 4096 -- bytes: the CRD's 1,024 characters of UTF-8

local status = obj.status
if type(status) ~= "table" or status.phase == nil then
  -- Nobody can sign what has no plan, so this is not "waits for people".
  return { status = "Progressing", message = "The operator has not looked at this request yet." }
end

local health = HEALTH[status.phase]
if health == nil then
  return {
    status = "Unknown",
    message = "This phase is not known here; update the health check in argocd-cm.",
  }
end

local message = status.message
if type(message) ~= "string" or message == "" then
  message = "The request is " .. status.phase .. "."
elseif #message > LONGEST then
  message = "The request is " .. status.phase .. "; status.message is too long to be shown here."
end
return { status = health, message = message }

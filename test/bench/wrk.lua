-- Alerts for wrk: each request tells new ones, with fingerprints that nobody told before.
-- AW_TEMPLATE is a file with one alert, its fingerprint ffffffffffffffff; AW_FIRST is the number of the first fingerprint.
local head, tail, before, after
local number = tonumber(os.getenv("AW_FIRST"))
local alerts = tonumber(os.getenv("AW_ALERTS"))

function init()
  local file = assert(io.open(os.getenv("AW_TEMPLATE"), "rb"))
  local alert = file:read("*a")
  file:close()
  local from, to = alert:find("ffffffffffffffff", 1, true)
  before, after = alert:sub(1, from - 1), alert:sub(to + 1)
  head = '{"version":"4","groupKey":"{}:{}","receiver":"alert-watcher","status":"firing",' ..
    '"groupLabels":{},"commonLabels":{},"commonAnnotations":{},"truncatedAlerts":0,' ..
    '"externalURL":"http://127.0.0.1:9093","alerts":['
  tail = ']}'
  wrk.method = "POST"
  wrk.path = "/webhook/alertmanager"
  wrk.headers["content-type"] = "application/json"
end

function request()
  local parts = {}
  for index = 1, alerts do
    parts[index] = before .. string.format("%016x", number) .. after
    number = number + 1
  end
  return wrk.format(nil, nil, nil, head .. table.concat(parts, ",") .. tail)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'JSON {"requests":%d,"seconds":%f,"bad":%d,"p50Ms":%f,"p99Ms":%f,"maxMs":%f}\n',
    summary.requests, summary.duration / 1e6,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end

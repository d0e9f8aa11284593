-- The code flow with PKCE on a standing SSO session: an authorization request gives a code, the next
-- free request redeems it. One flow is both. arguments: auth path with query, token path, cookie,
-- body of the token request up to "&code="
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  auth = wrk.format("GET", args[1], { ["Cookie"] = args[3], ["Accept"] = "text/html" })
  token_path, token_body = args[2], args[4]
  headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  codes, count = {}, 0
  count_good, count_failed = 0, 0
end

function request()
  if count > 0 then
    local code = codes[count]
    codes[count] = nil
    count = count - 1
    return wrk.format("POST", token_path, headers, token_body .. "&code=" .. code)
  end
  return auth
end

function response(status, response_headers, body)
  local location = response_headers["Location"] or response_headers["location"]
  local code = location and string.match(location, "[?&]code=([^&]+)")
  if code then
    count = count + 1
    codes[count] = code
  elseif status == 200 and string.find(body, '"access_token"', 1, true) then
    count_good = count_good + 1
  else
    count_failed = count_failed + 1
  end
end

function done(summary, latency)
  local good, bad = 0, 0
  for _, thread in ipairs(threads) do
    good = good + (thread:get("count_good") or 0)
    bad = bad + (thread:get("count_failed") or 0)
  end
  print(string.format("RESULT %.1f %d %.3f %.3f", good / (summary.duration / 1e6), bad,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end

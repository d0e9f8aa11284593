-- Searches for people and events by the Admin API; counts replies that are not 200.
-- arguments: what, realm, how many people there are, authorization, a file with ids of some of them
local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

local queries = {
  username = function() return "/users?max=20&username=user" .. somebody() .. "&exact=true" end,
  email = function() return "/users?max=20&email=user" .. somebody() .. "@example.pe&exact=true" end,
  email_beginning = function() return "/users?max=20&email=user" .. somebody() .. "@" end,
  name_beginning = function() return "/users?max=20&search=user" .. somebody() end,
  any_name = function() return "/users?max=20&search=user" end,
  last_name = function() return "/users?max=20&lastName=qui" end,
  rare_attribute = function() return "/users?max=20&q=employee:E" .. somebody() end,
  attribute = function() return "/users?max=20&q=department:d" .. math.random(0, 39) end,
  attribute_and_name = function() return "/users?max=20&lastName=qui&q=department:d" .. math.random(0, 39) end,
  events = function() return "/events?max=20" end,
  events_of_type = function() return "/events?max=20&type=LOGIN" end,
  events_of_client = function() return "/events?max=20&client=bench" end,
  events_of_person = function() return "/events?max=20&user=" .. ids[math.random(1, #ids)] end,
}

function init(args)
  ask, base, people = queries[args[1]], "/admin/realms/" .. args[2], tonumber(args[3])
  headers = { ["Authorization"] = args[4] }
  ids = {}
  for id in io.lines(args[5]) do table.insert(ids, id) end
  math.randomseed(number * 7919)
  count_failed = 0
end

function somebody() return math.random(0, people - 1) end

function request() return wrk.format("GET", base .. ask(), headers) end

function response(status)
  if status ~= 200 then count_failed = count_failed + 1 end
end

function done(summary, latency)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + (thread:get("count_failed") or 0) end
  print(string.format("RESULT %.1f %d %.3f %.3f", (summary.requests - sum) / (summary.duration / 1e6), sum,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end

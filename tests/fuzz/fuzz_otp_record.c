/* Records of one-time passwords: what is read is within its limits and is read the same again. */
#include "core/auth/otp.h"
#include "core/codec/base32.h"
#include "tests/fuzz/fuzz.h"

#define SECRET "{\"value\":\"MZXW6YTB\"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str input = fuzz_input(data, size), bytes;
    struct credential c = {.secret_data = STR(SECRET), .credential_data = input};
    struct otp_record record, again;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (base32_decode(&a, input, &bytes) == 0 && str_find(input, '=') < 0)
        PROMISE(str_ieq(base32_encode(&a, bytes), input));
    if (otp_record_read(&a, &c, &record) != 0)
        return 0;
    PROMISE(record.digits >= HOTP_DIGITS_MIN && record.digits <= HOTP_DIGITS_MAX);
    PROMISE(record.period_s > 0 && record.counter >= 0 && record.key.len > 0);
    PROMISE(otp_record_data(&a, &record, &c.credential_data) == 0);
    PROMISE(otp_record_read(&a, &c, &again) == 0);
    PROMISE(again.counter == record.counter && again.by_counter == record.by_counter);
    PROMISE(str_eq(again.key, record.key));
    return 0;
}

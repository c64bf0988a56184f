#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sanheyi_fuzz::decoders::run("offer_request", bytes);
});

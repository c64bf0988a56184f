#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sanheyi_fuzz::decoders::run("pull_response", bytes);
});

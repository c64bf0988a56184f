//! Numbers of the year, all synthetic: citizen numbers begin with 329900 and organisation codes
//! with `YY`, which are given to nobody; their check characters are right, so that they pass
//! wherever numbers are checked. Local telephone numbers begin with 0.

use super::chance::Chance;

/// A region that does not exist.
const NOWHERE: &str = "329900";

/// A telephone number that nobody has.
pub(super) fn telephone(number: u32) -> String {
    format!("0519-0{number:07}")
}

/// A citizen number (GB 11643).
pub(super) fn citizen_number(chance: &mut Chance) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (year, month, day) =
        (chance.between(1940, 1990), chance.between(1, 12), chance.between(1, 28));
    let mut number = format!("{NOWHERE}{year}{month:02}{day:02}{:03}", chance.below(1000));
    let digits = number.bytes().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    number.push(char::from(b"10X98765432"[(sum % 11) as usize]));
    number
}

/// An organisation code (GB 11714), by two digits of the region and a number below 10,000.
pub(super) fn organisation_code(region: &str, number: usize) -> String {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let mut code = format!("YY{region}{number:04}");
    let values = code.chars().filter_map(|symbol| symbol.to_digit(36));
    let sum: u32 = values.zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    code.push(char::from(b"0X987654321"[(sum % 11) as usize]));
    code
}

/// The credit code (GB 32100) of a public body that has such an organisation code.
pub(super) fn credit_code(organisation_code: &str) -> String {
    const SYMBOLS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let mut code = format!("11{NOWHERE}{organisation_code}");
    let values = code.bytes().filter_map(|byte| SYMBOLS.iter().position(|known| *known == byte));
    let sum: usize = values.zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    code.push(char::from(SYMBOLS[(31 - sum % 31) % 31]));
    code
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::forms;

    use super::*;

    #[test]
    fn numbers_have_their_check_character_and_nobody_has_them() {
        let mut chance = Chance::new(1, "0482");
        for number in 0..200 {
            let citizen = citizen_number(&mut chance);
            assert!(citizen.starts_with("329900") && forms::citizen_number(&citizen), "{citizen}");
            let firm = organisation_code("82", number * 50);
            assert!(firm.starts_with("YY") && forms::organisation_code(&firm), "{firm}");
            let body = credit_code(&firm);
            assert!(body.starts_with("11329900YY") && forms::credit_code(&body), "{body}");
        }
    }
}

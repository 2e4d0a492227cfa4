//! What holds for every reader of a protocol: bytes in pieces say what they say as a whole.

/// Tells what a reader makes of the bytes as a whole, in single bytes, and in pieces as long as the
/// first bytes say.
pub fn check(data: &[u8], tell: impl Fn(&[&[u8]]) -> String) {
    let Some((lengths, bytes)) = data.split_first_chunk::<3>() else { return };
    let whole = tell(&[bytes]);
    let single: Vec<_> = bytes.chunks(1).collect();
    assert_eq!(tell(&single), whole, "in single bytes");
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    for &length in lengths.iter().cycle() {
        let (piece, behind) = rest.split_at(rest.len().min(usize::from(length) + 1));
        pieces.push(piece);
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    assert_eq!(tell(&pieces), whole, "in pieces");
}
